package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Pass;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.json.Printable;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Objects;
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

    private static final byte[] NOTHING = {};
    private static final int SHOWN = 80;
    private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,5}");

    /** An answer's id, which may have colons itself, and a number. */
    private static final Pattern EVENT_ID = Pattern.compile("(.{1,200}):([0-9]{1,18})");

    private final ApiConfig config;
    private final HttpObserver observer;
    private final KeptStreams kept;
    private final EarlierStreams earlier;

    ResumableStreams(ApiConfig config, HttpObserver observer, KeptStreams kept, EarlierStreams earlier) {
        this.config = config;
        this.observer = observer;
        this.kept = kept;
        this.earlier = earlier;
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
     * @param body of the request
     * @param events of all its prompts; subscribed once
     * @param pass given back when the answer is over, unless this throws
     * @throws ApiException when the wish cannot be read, or the answer's id is another's
     */
    void begin(
            RoutingContext context, AnswerPath path, AnswerJob job, byte[] body, Flux<PromptEvent> events, Pass pass) {
        RecordedAnswer answer = kept.open(
                Caller.of(context).tenant().name(),
                ToldStream.begun(path, earlier.exist() ? body : NOTHING, wait(context), job),
                PastEvents.NONE,
                1,
                Tally.of(context),
                RequestTrace.of(context).id(),
                pass);
        try {
            send(context, answer, -1); // The reader first: without one nothing is generated.
            answer.begin(events);
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
        return wanted.compareTo(kept.longestWait()) > 0 ? kept.longestWait() : wanted;
    }

    /**
     * Goes on with an answer after the event that the request names.
     *
     * @throws ApiException when it names none
     */
    void resume(RoutingContext context, AnswerPath path) {
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
        long after = Long.parseLong(id.group(2));
        earlier.find(
                        Caller.of(context),
                        path,
                        id.group(1),
                        RequestTrace.of(context).id())
                .onSuccess(answer -> Replies.guarded(context, () -> {
                    if (answer == null) {
                        throw config.instance().elsewhere(id.group(1), "").orElseGet(() -> notFound(id.group(1)));
                    }
                    send(context, answer, after);
                }))
                .onFailure(refused -> Replies.fail(context, refused));
    }

    /** There is no such answer of the caller's at that path. */
    static ApiException notFound(String id) {
        return new ApiException(
                404,
                "invalid_request_error",
                "The answer '" + Printable.of(id, SHOWN)
                        + "' is not kept here, or not any more; send the request again " + "without "
                        + EventStream.LAST_EVENT_ID,
                null,
                "answer_not_found",
                0);
    }

    private void send(RoutingContext context, RecordedAnswer answer, long startingAfter) {
        EventStream.sendRecorded(
                context, answer.frames(startingAfter), startingAfter >= 0, answer.keepAlive(), config, observer);
    }
}
