package dev.tramontane.api.responses;

import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.AnswerKind;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.Journal;
import dev.tramontane.generation.TextGenerator;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Responses that outlive their process: at its end they are written down, and who asks another process for one has it there,
 * where it goes on if it was under way. Any thread, but for where it is said.
 */
public final class EarlierResponses {
    private static final Logger LOG = LoggerFactory.getLogger(EarlierResponses.class);

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
        StoredResponse known = accepted(caller, id);
        Journal journal = services.journal().journal();
        if (known != null || journal == null || !ResponseIds.isOne(id)) {
            return Future.succeededFuture(known);
        }
        Context here = services.vertx().getOrCreateContext();
        Promise<@Nullable StoredResponse> found = Promise.promise();
        journal.bring(caller.tenant().name(), id, restorer(caller, traceId)).onComplete((brought, refused) -> {
            here.runOnContext(
                    now -> { // Another request may have asked first, on another event loop.
                        if (refused == null) {
                            found.complete(accepted(caller, id));
                        } else {
                            found.fail(refused);
                        }
                    });
        });
        return found.future();
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
                return () -> begin(past, caller, traceId);
            }
        };
    }

    private Future<Void> begin(ResponseSnapshot past, Caller caller, String traceId) {
        boolean underWay = past.state().phase().isUnderWay();
        Pass pass = underWay ? caller.begin() : Pass.none();
        Tally tally = new Tally();
        tally.paidBy(pass);
        tally.known(past.prompt().length, past.answer().length);
        RecordedResponse response;
        try {
            response = StartedResponse.restore(services, past, caller, pass, tally, traceId);
        } catch (Throwable refused) {
            pass.close();
            throw refused;
        }
        if (underWay) {
            try {
                TextGenerator generator = services.models().get(past.state().model());
                response.begin(generator.generate(past.rest()));
            } catch (Throwable fault) { // It would hold its place for ever.
                response.failToStart(fault);
            }
        }
        return Future.fromCompletionStage(response.taken(), services.vertx().getOrCreateContext());
    }

    // ---- the end of the process

    /**
     * Ends every kept response that is under way, soon: where there is a journal it is written down, and its readers are told where
     * to go on. Then the others are written, as far as the time goes. Blocks for twice that time at most; not on an event loop.
     *
     * @return how many were under way
     */
    public int leave(Duration limit) throws InterruptedException {
        Journal journal = services.journal().journal();
        if (journal == null) {
            return stopAll();
        }
        journal.close();
        journal.writeFor(limit);
        List<CompletableFuture<?>> all = new ArrayList<>();
        List<Supplier<CompletableFuture<?>>> ended = new ArrayList<>();
        services.store().forEach((tenant, kept) -> {
            RecordedResponse response = kept.response();
            if (!response.hasEnded()) {
                all.add(response.suspend(past -> write(journal, tenant, past), limit.toMillis()));
            } else if (response.isAccepted()) {
                // Copied when it is its turn: there may be many, and the time may be over before.
                ended.add(() -> journal.write(
                                AnswerKind.RESPONSE, tenant, response.id(), () -> json.write(response.snapshot()))
                        .toCompletionStage()
                        .toCompletableFuture());
            }
        });
        int running = all.size();
        awaitAll(all, limit); // Those first whose readers wait for a word.
        awaitAll(ended.stream().map(Supplier::get).toList(), limit);
        return running;
    }

    private int stopAll() {
        List<RecordedResponse> running = new ArrayList<>();
        services.store().forEach((tenant, kept) -> {
            if (!kept.response().hasEnded()) {
                running.add(kept.response());
            }
        });
        running.forEach(response -> response.stop(RecordedResponse.Stop.DRAINING));
        return running.size();
    }

    private static void awaitAll(List<? extends CompletableFuture<?>> all, Duration limit) throws InterruptedException {
        try {
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            LOG.warn("not all kept answers could be written within {} ms", limit.toMillis());
        } catch (ExecutionException failed) {
            LOG.error("a kept answer could not be written", failed.getCause());
        }
    }

    private Future<Boolean> write(Journal journal, String tenant, ResponseSnapshot past) {
        return journal.write(AnswerKind.RESPONSE, tenant, "resp_" + past.state().id(), () -> json.write(past));
    }
}
