package dev.tramontane.engine;

/**
 * When those who are refused should come back: one after the other, each when a place should be free that was not promised
 * to anybody before. What is promised stays promised, whoever else was let in meanwhile. Any thread.
 */
public final class ReturnTimes {
    private static final int MOST_SECONDS = 3600;

    private long last;
    private boolean promised;

    /**
     * Promises a place.
     *
     * @param now monotonic nanoseconds
     * @param firstNanos from now until the first place is expected to be free
     * @param eachNanos from then on between one place and the next
     * @param roundNanos from now until all that is here now should be gone. No promise lies further ahead: then they begin
     *     anew, so that clients who are refused a thousand times don't send others away for hours
     * @return whole seconds after which the place should be there, at least 1
     */
    public synchronized int next(long now, double firstNanos, double eachNanos, double roundNanos) {
        double ahead = promised ? Math.max(firstNanos, last - now + eachNanos) : firstNanos;
        if (ahead > Math.max(firstNanos, roundNanos)) {
            ahead = firstNanos;
        }
        int seconds = (int) Math.clamp(Math.ceil(ahead / 1e9), 1, MOST_SECONDS);
        last = now + (long) Math.min(ahead, MOST_SECONDS * 1e9);
        promised = true;
        return seconds;
    }
}
