package dev.tramontane.api.ollama;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import java.util.function.LongSupplier;

/**
 * Where the time of an answer went, in nanoseconds: from the request's head to the end; of that, from when the engine took the prompt to the first
 * tokens, and from these to the end. One thread at a time.
 */
final class AnswerTimes {
    private static final long NEVER = -1;

    private final long begun;
    private final LongSupplier clock;
    private long accepted = NEVER;
    private long first = NEVER;

    /** @param begun when the request came, on that clock */
    AnswerTimes(long begun, LongSupplier clock) {
        this.begun = begun;
        this.clock = clock;
    }

    void hear(GenerationEvent event) {
        if (event instanceof Accepted && accepted == NEVER) {
            accepted = clock.getAsLong();
        } else if (event instanceof Delta && first == NEVER) {
            first = clock.getAsLong();
        }
    }

    /** The three as of now. */
    record Told(long total, long prompt, long answer) {}

    Told told() {
        long now = clock.getAsLong();
        long from = accepted == NEVER ? now : accepted;
        long since = first == NEVER ? now : first;
        return new Told(now - begun, since - from, now - since);
    }
}
