package dev.tramontane.api;

import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.Finish;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where sampled requests are told to once they are over: names, numbers and times, never a text. Any thread; must neither
 * block nor throw.
 */
public interface TraceSink {

    /** Nobody listens, and traces that begin here are not sampled. */
    TraceSink NONE = new TraceSink() {
        @Override
        public double share() {
            return 0;
        }

        @Override
        public boolean listens() {
            return false;
        }

        @Override
        public void request(Request request) {}

        @Override
        public void sequence(Sequence sequence) {}
    };

    /** Which share of the traces that begin here is sampled, 0 to 1. */
    double share();

    /** Whether telling has any use. */
    boolean listens();

    /** A request is over, or a response of a socket. */
    void request(Request request);

    /** A choice of one of a request's prompts is over; may come after the request. */
    void sequence(Sequence sequence);

    /**
     * A request as a whole. Times are in nanoseconds of {@link System#nanoTime}.
     *
     * @param context its place in the trace
     * @param id by which its client knows it (X-Request-Id), or a response's
     * @param method as sent; "SOCKET" for a response of a socket
     * @param route as declared
     * @param status as sent
     * @param error the error's code, or null
     * @param operation in the words of OpenTelemetry's conventions: chat, text_completion; empty where nothing is generated
     * @param model that generated; empty likewise
     * @param reasons why each answer ended
     * @param begun when its head was there
     * @param firstAfter nanoseconds from there to its first text; -1 where there was none
     * @param nanos from there to its end
     */
    record Request(
            TraceContext context,
            String id,
            String method,
            String route,
            int status,
            @Nullable String error,
            String operation,
            String model,
            long promptTokens,
            long answerTokens,
            List<String> reasons,
            long begun,
            long firstAfter,
            long nanos) {}

    /**
     * What the engine says of a sequence.
     *
     * @param context of its request
     * @param prompt which of the request's
     * @param choice which of that prompt's
     * @param submittedNanos of {@link System#nanoTime}
     */
    record Sequence(TraceContext context, int prompt, int choice, Finish finish, long submittedNanos, Phases phases) {}
}
