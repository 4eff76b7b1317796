package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.api.replay.ReplayLimits;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Streams of this process that can be read on: those under way, and for a while those that are over. Any thread. */
final class KeptStreams {
    private final Vertx vertx;
    private final ApiConfig config;
    private final RequestMemory memory;
    private final ReplayLimits limits;
    private final Map<Key, RecordedAnswer> kept = new ConcurrentHashMap<>();

    /** Whose, and which: an id that a client chose is one of its path. */
    private record Key(String tenant, AnswerPath path, String id) {}

    KeptStreams(Vertx vertx, ApiConfig config, RequestMemory memory, ReplayLimits limits) {
        this.vertx = vertx;
        this.config = config;
        this.memory = memory;
        this.limits = limits;
    }

    /** The longest that a stream may wait for its reader. */
    Duration longestWait() {
        return limits.absence();
    }

    @Nullable
    RecordedAnswer find(String tenant, AnswerPath path, String id) {
        return kept.get(new Key(tenant, path, id));
    }

    /** @param visitor is given each with its tenant's name */
    void forEach(BiConsumer<String, RecordedAnswer> visitor) {
        kept.forEach((key, answer) -> visitor.accept(key.tenant(), answer));
    }

    /**
     * Keeps one that is to be begun. On the event loop that is to write it.
     *
     * @param past what an earlier process has written of it
     * @param atOnce how many of what is left to generate are under way at a time
     * @param pass given back when the answer is over, unless this throws
     * @throws ApiException when there is no memory for it, or its id is another's
     */
    RecordedAnswer open(
            String tenant, ToldStream told, PastEvents past, int atOnce, Tally tally, String traceId, Pass pass) {
        Key key = new Key(tenant, told.path(), told.id());
        RequestMemory.Lease lease = memory.lease();
        Duration wait = told.longestWait();
        RecordedAnswer answer = new RecordedAnswer(
                vertx.getOrCreateContext(),
                config.lookAhead(),
                new ReplayLimits(limits.bytes(), limits.readers(), wait),
                told,
                past,
                atOnce,
                lease,
                tally,
                traceId,
                over -> ended(key, over, lease, pass, wait));
        if (kept.putIfAbsent(key, answer) != null) {
            throw ApiException.field("request_id", "an answer with this request_id is kept already; use another");
        }
        try {
            lease.take(weight(told, past));
        } catch (Throwable refused) {
            kept.remove(key, answer);
            lease.release();
            throw refused;
        }
        return answer;
    }

    private long weight(ToldStream told, PastEvents past) {
        int alternatives = told.job().generations().getFirst().tops();
        long bytes = RequestMemory.ofTokens(config.lookAhead(), alternatives) + told.body().length;
        bytes += past.events().stream()
                .mapToLong(event -> RequestMemory.ofText(event.json().length()))
                .sum();
        return bytes
                + told.prompts().stream()
                        .map(ToldPrompt::choices)
                        .flatMap(List::stream)
                        .mapToLong(choice -> RequestMemory.ofIds(2L * choice.tokens().length))
                        .sum();
    }

    /** Once: whoever comes later under the same name has an answer of his own. */
    private void ended(Key key, RecordedAnswer answer, RequestMemory.Lease lease, Pass pass, Duration wait) {
        pass.close();
        // Refused, or left before it began: nobody has an event to go on after, or it is in its file again.
        if (kept.get(key) != answer || answer.log().next() == 0 || !answer.isHere()) {
            kept.remove(key, answer);
            lease.release();
            return;
        }
        vertx.setTimer(Math.max(1, wait.toMillis()), late -> {
            kept.remove(key, answer);
            lease.release();
        });
    }
}
