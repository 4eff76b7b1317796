package dev.tramontane.api.responses;

import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.AnswerKind;
import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.Journal;
import dev.tramontane.api.journal.Restoration;
import dev.tramontane.generation.TextGenerator;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Responses that outlive their process: at its end they are written down, and who asks another process for one has it there,
 * where it goes on if it was under way. Any thread, but for where it is said.
 */
public final class EarlierResponses implements Departure.Leaving {
    private final ResponseServices services;
    private final ResponseJson json;

    public EarlierResponses(ResponseServices services) {
        this.services = services;
        json = new ResponseJson(new GenerationJson(services.clock()));
    }

    /**
     * The response of the caller's with this id that is kept here, or that an earlier process left. On an event loop; so is what
     * follows.
     *
     * @param traceId of the request that wants it, for the log
     * @return holds null where there is none, and fails where there is one that cannot be had now
     */
    public Future<@Nullable StoredResponse> find(Caller caller, String id, String traceId) {
        if (!ResponseIds.isOne(id)) {
            return Future.succeededFuture(accepted(caller, id));
        }
        return services.journal()
                .find(
                        services.vertx(),
                        () -> accepted(caller, id),
                        caller.tenant().name(),
                        id,
                        restorer(caller, traceId));
    }

    /** Whether there is anything to be found beyond what is kept here. Any thread. */
    public boolean exist() {
        return services.journal().journal() != null;
    }

    /** Has them all here if they can be had, one after another. On an event loop. */
    public Future<Void> bring(Caller caller, Collection<String> ids, String traceId) {
        Future<Void> done = Future.succeededFuture();
        if (!exist()) {
            return done; // Whoever reads the request looks for what is kept here.
        }
        for (String id : ids) {
            done = done.compose(before -> find(caller, id, traceId)).mapEmpty();
        }
        return done;
    }

    /** Nobody is to have it any more. Any thread. */
    void forget(String tenant, String id) {
        Journal journal = services.journal().journal();
        if (journal != null) {
            journal.forget(tenant, id);
        }
    }

    private @Nullable StoredResponse accepted(Caller caller, String id) {
        StoredResponse known = services.store().find(caller.tenant().name(), id);
        return known != null && known.response().isAccepted() ? known : null;
    }

    private Journal.Restorer restorer(Caller caller, String traceId) {
        return new Journal.Restorer() {
            @Override
            public AnswerKind kind() {
                return AnswerKind.RESPONSE;
            }

            @Override
            public Supplier<Future<Void>> read(byte[] body) {
                ResponseSnapshot past = json.read(body, caller.tenant());
                if (past.state().phase().isUnderWay()) {
                    past.generator(services.models()); // Or nobody goes on with it here.
                }
                return () -> begin(past, caller, traceId);
            }
        };
    }

    private Future<Void> begin(ResponseSnapshot past, Caller caller, String traceId) {
        boolean underWay = past.state().phase().isUnderWay();
        Tally tally = new Tally();
        tally.known(past.prompt().length, past.answer().length);
        RecordedResponse response = Restoration.open(
                underWay ? caller.begin() : Pass.none(),
                tally,
                pass -> StartedResponse.restore(services, past, caller, pass, tally, traceId));
        if (!underWay) {
            return Restoration.taken(services.vertx(), response);
        }
        return Restoration.begin(services.vertx(), response, () -> {
            TextGenerator generator = past.generator(services.models());
            response.begin(generator.generate(past.rest()));
        });
    }

    // ---- the end of the process

    @Override
    public void leave(Departure departure) {
        Journal journal = departure.journal();
        services.store().forEach((tenant, kept) -> {
            RecordedResponse response = kept.response();
            if (!response.hasEnded()) {
                departure.underWay(response.suspend(past -> write(journal, tenant, past), departure.limitMillis()));
            } else if (response.isAccepted()) {
                departure.ended(() -> journal.write(
                        AnswerKind.RESPONSE, tenant, response.id(), () -> json.write(response.snapshot())));
            }
        });
    }

    /**
     * Ends every kept response that is under way, soon, and for good: there is nowhere to leave it.
     *
     * @return how many were under way
     */
    public int endAll() {
        List<RecordedResponse> running = new ArrayList<>();
        services.store().forEach((tenant, kept) -> {
            if (!kept.response().hasEnded()) {
                running.add(kept.response());
            }
        });
        running.forEach(response -> response.stop(RecordedResponse.Stop.DRAINING));
        return running.size();
    }

    private Future<Boolean> write(Journal journal, String tenant, ResponseSnapshot past) {
        return journal.write(AnswerKind.RESPONSE, tenant, "resp_" + past.state().id(), () -> json.write(past));
    }
}
