package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.AnswerKind;
import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.Journal;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.journal.Restoration;
import dev.tramontane.api.openai.PromptEvents.Part;
import dev.tramontane.json.InvalidJsonException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Streams that outlive their process: at its end they are written down, and who goes on with one at another process has it there. Any
 * thread, but for where it is said.
 */
final class EarlierStreams implements Departure.Leaving {
    private final Vertx vertx;
    private final ApiConfig config;
    private final KeptStreams kept;
    private final JournalPlace place;
    private final StreamJson json;

    EarlierStreams(
            Vertx vertx, ApiConfig config, KeptStreams kept, AnswerJobs jobs, JournalPlace place, InstantSource clock) {
        this.vertx = vertx;
        this.config = config;
        this.kept = kept;
        this.place = place;
        json = new StreamJson(new GenerationJson(clock), jobs, config.ignoreUnknown());
    }

    /** Whether what is under way here may go on elsewhere. */
    boolean exist() {
        return place.journal() != null;
    }

    /**
     * The caller's stream with this id that is kept here, or that an earlier process left. On an event loop.
     *
     * @param traceId of the request that wants it, for the log
     * @return holds null where there is none at this path, and fails where there is one that cannot be had now
     */
    Future<@Nullable RecordedAnswer> find(Caller caller, AnswerPath path, String id, String traceId) {
        return place.find(
                vertx,
                () -> here(caller, path, id),
                caller.tenant().name(),
                key(path, id),
                new Restorer(caller, path, id, traceId));
    }

    private @Nullable RecordedAnswer here(Caller caller, AnswerPath path, String id) {
        RecordedAnswer answer = kept.find(caller.tenant().name(), path, id);
        return answer != null && answer.isHere() ? answer : null;
    }

    /** Under which it lies in its file: ids that clients choose are each of their path. */
    private static String key(AnswerPath path, String id) {
        return path.path() + " " + id;
    }

    private final class Restorer implements Journal.Restorer {
        private final Caller caller;
        private final AnswerPath path;
        private final String id;
        private final String traceId;

        Restorer(Caller caller, AnswerPath path, String id, String traceId) {
            this.caller = caller;
            this.path = path;
            this.id = id;
            this.traceId = traceId;
        }

        @Override
        public AnswerKind kind() {
            return AnswerKind.STREAM;
        }

        @Override
        public Supplier<Future<Void>> read(byte[] body) {
            StreamSnapshot past = json.read(body, caller.tenant());
            if (!past.told().id().equals(id)) {
                throw new InvalidJsonException(
                        "id", "it is the answer '" + past.told().id() + "'");
            }
            if (past.told().path() != path) {
                throw new InvalidJsonException(
                        "path", "it is of " + past.told().path().path());
            }
            return () -> begin(past);
        }

        private Future<Void> begin(StreamSnapshot past) {
            ToldStream told = past.told();
            List<Part> rest = past.over() ? List.of() : told.rest();
            Tally tally = new Tally();
            for (int prompt = 0; prompt < told.prompts().size(); prompt++) {
                List<ToldChoice> choices = told.prompts().get(prompt).choices();
                for (int choice = 0; choice < choices.size(); choice++) {
                    tally.known(prompt, choice, choices.get(choice).tokens().length);
                }
            }
            int parallel = Math.max(
                    config.requests().parallelPrompts(),
                    told.job().format().options().choices());
            RecordedAnswer answer = Restoration.open(
                    rest.isEmpty() ? Pass.none() : caller.begin(),
                    tally,
                    pass -> kept.open(
                            caller.tenant().name(),
                            told,
                            past.events(),
                            Math.min(parallel, rest.size()),
                            tally,
                            traceId,
                            pass));
            if (past.over()) {
                answer.wasOver();
                return Restoration.taken(vertx, answer);
            }
            return Restoration.begin(
                    vertx,
                    answer,
                    () -> answer.begin(PromptEvents.of(
                            rest,
                            part -> told.job().generator().generate(part.request()),
                            parallel,
                            config.lookAhead())));
        }
    }

    // ---- the end of the process

    @Override
    public void leave(Departure departure) {
        kept.forEach((tenant, answer) -> {
            if (!answer.log().isOver()) {
                departure.underWay(answer.suspend(past -> write(departure, tenant, past), departure.limitMillis()));
            } else if (answer.isWhole()) {
                departure.ended(() -> write(departure, tenant, answer.snapshot()));
            }
        });
    }

    private Future<Boolean> write(Departure departure, String tenant, StreamSnapshot past) {
        ToldStream told = past.told();
        return departure
                .journal()
                .write(AnswerKind.STREAM, tenant, key(told.path(), told.id()), () -> json.write(past));
    }
}
