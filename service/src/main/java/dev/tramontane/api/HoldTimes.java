package dev.tramontane.api;

/**
 * How long something of which there is a bounded amount was held lately, on average of its units: the longer, the later
 * those who are refused should come back. Any thread.
 */
final class HoldTimes {
    /** What a measurement before the last one counts for, of what it counted for then. */
    private static final double DECAY = 0.95;

    private double nanos;
    private double amounts;

    /** So much was given back after such a time. */
    synchronized void ended(double amount, long heldNanos) {
        nanos = nanos * DECAY + amount * Math.max(0, heldNanos);
        amounts = amounts * DECAY + amount;
    }

    /** @param unknown while nothing has been given back */
    synchronized double meanNanos(double unknown) {
        return amounts > 0 ? nanos / amounts : unknown;
    }
}
