package dev.tramontane.engine;

import java.util.Comparator;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Requests that wait or run and have a deadline, the nearest first. Engine thread only; time comes in as numbers. */
final class Deadlines {
    private record Timed(long left, long number, Request request) {}

    private static final Comparator<Timed> NEAREST =
            Comparator.comparingLong(Timed::left).thenComparingLong(Timed::number);

    private final TreeSet<Timed> timed = new TreeSet<>(NEAREST);

    /** Monotonic clocks may run over the greatest number: times are measured from here. */
    private final long origin;

    private long added;

    Deadlines(long nowNanos) {
        origin = nowNanos;
    }

    /** Does nothing for a request without a deadline. */
    void add(Request request) {
        OptionalLong deadline = request.urgency().deadlineNanos();
        if (deadline.isPresent()) {
            request.number = ++added;
            timed.add(new Timed(deadline.getAsLong() - origin, request.number, request));
        }
    }

    /** A request that has ended is kept no longer. */
    void remove(Request request) {
        OptionalLong deadline = request.urgency().deadlineNanos();
        if (deadline.isPresent()) {
            timed.remove(new Timed(deadline.getAsLong() - origin, request.number, request));
        }
    }

    /**
     * @throws IllegalStateException when one is kept that has ended
     */
    void checkBooks() {
        for (Timed each : timed) {
            if (each.request().live == 0) {
                throw new IllegalStateException("a deadline is kept of a request that has ended");
            }
        }
    }

    boolean isEmpty() {
        return timed.isEmpty();
    }

    /** One whose deadline has passed, or null. */
    @Nullable
    Request passed(long nowNanos) {
        return !timed.isEmpty() && timed.first().left() <= nowNanos - origin
                ? timed.first().request()
                : null;
    }

    /** Until the nearest; at least 1, and as good as for ever where there is none. */
    long nanosLeft(long nowNanos) {
        return timed.isEmpty() ? Long.MAX_VALUE : Math.max(1, timed.first().left() - (nowNanos - origin));
    }
}
