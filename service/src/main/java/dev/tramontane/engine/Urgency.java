package dev.tramontane.engine;

import java.util.OptionalLong;

/**
 * When an answer is wanted.
 *
 * @param priority among the requests of one tenant: the lower comes first. It moves nobody before another tenant's
 * @param deadlineNanos on the engine's clock, after which the answer is of no use to anybody; empty for none
 */
public record Urgency(int priority, OptionalLong deadlineNanos) {
    /** Priorities lie between this and its negative. */
    public static final int MOST_PRIORITY = 1000;

    /** Whenever its turn comes. */
    public static final Urgency NONE = new Urgency(0, OptionalLong.empty());

    public Urgency {
        if (priority < -MOST_PRIORITY || priority > MOST_PRIORITY) {
            throw new IllegalArgumentException(
                    "priority must be between -" + MOST_PRIORITY + " and " + MOST_PRIORITY + ", got " + priority);
        }
    }

    /** Whether it comes too late by now. */
    public boolean passed(long nowNanos) {
        return deadlineNanos.isPresent() && deadlineNanos.getAsLong() - nowNanos <= 0;
    }
}
