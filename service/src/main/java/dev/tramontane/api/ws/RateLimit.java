package dev.tramontane.api.ws;

/** So many a second, with a burst of one second's worth. One thread. */
final class RateLimit {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final long perSecond;
    private long windowStart;
    private long used;

    RateLimit(int perSecond, long nowNanos) {
        this.perSecond = perSecond;
        windowStart = nowNanos;
    }

    /** Counts one; false when it is one too many. */
    boolean take(long nowNanos) {
        if (nowNanos - windowStart >= SECOND_NANOS) {
            windowStart = nowNanos;
            used = 0;
        }
        return ++used <= perSecond;
    }
}
