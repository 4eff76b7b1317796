package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.json.Printable;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;

/**
 * Streams of chats and completions that are kept for a while for readers who come back, where the request asks for it by
 * {@value #WISH}. Their events have ids, and the same request with {@value EventStream#LAST_EVENT_ID} reads on after that one. On event
 * loops.
 */
final class ResumableStreams {
    /** How many seconds the answer is to wait for its reader. */
    static final String WISH = "X-Resume-Time";

    private static final int SHOWN = 80;
    private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,5}");

    /** An answer's id, which may have colons itself, and a number. */
    private static final Pattern EVENT_ID = Pattern.compile("(.{1,200}):([0-9]{1,18})");

    private final Vertx vertx;
    private final ApiConfig config;
    private final HttpObserver observer;
    private final RequestMemory memory;
    private final ReplayLimits limits;
    private final Map<Key, RecordedAnswer> kept = new ConcurrentHashMap<>();

    /** Whose, and which. */
    private record Key(String tenant, String id) {}

    ResumableStreams(Vertx vertx, ApiConfig config, HttpObserver observer, RequestMemory memory, ReplayLimits limits) {
        this.vertx = vertx;
        this.config = config;
        this.observer = observer;
        this.memory = memory;
        this.limits = limits;
    }

    /** Whether the request wants to be able to come back. */
    static boolean isWished(RoutingContext context) {
        return context.request().getHeader(WISH) != null;
    }

    /** Whether the request goes on with an answer rather than beginning one. */
    static boolean isResumption(RoutingContext context) {
        String last = context.request().getHeader(EventStream.LAST_EVENT_ID);
        return last != null && !last.isBlank();
    }

    /**
     * Sends an answer that is kept.
     *
     * @param frames as {@link EventStream#send} takes them; subscribed once
     * @param pass given back when the answer is over, unless this throws
     * @throws ApiException when the wish cannot be read, or the answer's id is another's
     */
    void begin(RoutingContext context, AnswerFormat format, Flux<byte[]> frames, int alternatives, Pass pass) {
        Duration wait = wait(context);
        Key key = new Key(Caller.of(context).tenant().name(), format.id());
        RequestMemory.Lease lease = memory.lease();
        RecordedAnswer answer = new RecordedAnswer(
                vertx.getOrCreateContext(),
                config.lookAhead(),
                new ReplayLimits(limits.bytes(), limits.readers(), wait),
                format.id(),
                context.normalizedPath(),
                format.keepAlive(),
                lease,
                RequestTrace.of(context).id(),
                () -> ended(key, lease, pass, wait));
        if (kept.putIfAbsent(key, answer) != null) {
            throw ApiException.field("request_id", "an answer with this request_id is kept already; use another");
        }
        try {
            lease.take(RequestMemory.ofTokens(config.lookAhead(), alternatives));
        } catch (Throwable refused) {
            kept.remove(key);
            lease.release();
            throw refused;
        }
        try {
            send(context, answer, -1); // The reader first: without one nothing is generated.
            answer.begin(frames);
        } catch (Throwable fault) {
            answer.failToStart(fault);
        }
    }

    private Duration wait(RoutingContext context) {
        String wish = Objects.requireNonNullElse(context.request().getHeader(WISH), "")
                .strip();
        if (!SECONDS.matcher(wish).matches()) {
            throw ApiException.invalid(
                    400,
                    "The header " + WISH + " must be a whole number of seconds between 1 and 999999",
                    "invalid_header");
        }
        Duration wanted = Duration.ofSeconds(Long.parseLong(wish));
        return wanted.compareTo(limits.absence()) > 0 ? limits.absence() : wanted;
    }

    private void ended(Key key, RequestMemory.Lease lease, Pass pass, Duration wait) {
        pass.close();
        RecordedAnswer answer = kept.get(key);
        if (answer == null
                || answer.log().next() == 0) { // Refused, or left before it began: nobody has an event to go on after.
            kept.remove(key);
            lease.release();
            return;
        }
        vertx.setTimer(Math.max(1, wait.toMillis()), late -> {
            kept.remove(key);
            lease.release();
        });
    }

    /**
     * Goes on with an answer after the event that the request names.
     *
     * @throws ApiException when there is no such answer of this caller's at this path
     */
    void resume(RoutingContext context) {
        String last = Objects.requireNonNullElse(context.request().getHeader(EventStream.LAST_EVENT_ID), "")
                .strip();
        Matcher id = EVENT_ID.matcher(last);
        if (!id.matches()) {
            throw ApiException.invalid(
                    400,
                    "The header " + EventStream.LAST_EVENT_ID
                            + " must be the id of an event of this server's, as in chatcmpl-x:17",
                    "invalid_header");
        }
        RecordedAnswer answer = kept.get(new Key(Caller.of(context).tenant().name(), id.group(1)));
        if (answer == null || !answer.path().equals(context.normalizedPath())) {
            throw config.instance()
                    .elsewhere(id.group(1), "")
                    .orElseGet(() -> new ApiException(
                            404,
                            "invalid_request_error",
                            "The answer '" + Printable.of(id.group(1), SHOWN)
                                    + "' is not kept here, or not any more; send the" + " request again without "
                                    + EventStream.LAST_EVENT_ID,
                            null,
                            "answer_not_found",
                            0));
        }
        send(context, answer, Long.parseLong(id.group(2)));
    }

    private void send(RoutingContext context, RecordedAnswer answer, long startingAfter) {
        EventStream.sendRecorded(
                context, answer.frames(startingAfter), startingAfter >= 0, answer.keepAlive(), config, observer);
    }
}
