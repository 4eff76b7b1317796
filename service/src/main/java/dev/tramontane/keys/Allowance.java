package dev.tramontane.keys;

/**
 * So much a minute: full at first, used up by what is done, filled again evenly. It may be overdrawn by what turns out
 * larger than could be known before; then nothing is allowed until that has been made up for. Any thread.
 */
final class Allowance {
    private static final double MINUTE_NANOS = 60e9;

    private long perMinute;
    private double left;
    private long asOf;

    /** @param perMinute 0 for no limit */
    Allowance(long perMinute, long nowNanos) {
        this.perMinute = perMinute;
        left = perMinute;
        asOf = nowNanos;
    }

    /** Another limit; what was used stays used. */
    synchronized void limit(long newPerMinute, long nowNanos) {
        if (newPerMinute != perMinute) {
            refill(nowNanos);
            double used = perMinute == 0 ? 0 : perMinute - left;
            perMinute = newPerMinute;
            left = newPerMinute - used;
        }
    }

    /** Takes one, if there is one. */
    synchronized boolean take(long nowNanos) {
        if (!allows(nowNanos)) {
            return false;
        }
        spend(1, nowNanos);
        return true;
    }

    /** Whether there is at least one. */
    synchronized boolean allows(long nowNanos) {
        refill(nowNanos);
        return perMinute == 0 || left >= 1;
    }

    /** Takes what was used, also what there is none of. */
    synchronized void spend(long amount, long nowNanos) {
        if (perMinute > 0) {
            refill(nowNanos);
            left -= amount;
        }
    }

    /** As it is now. */
    synchronized Quota quota(long nowNanos) {
        refill(nowNanos);
        return new Quota(perMinute, Math.max(0, (long) left), nanosUntil((double) perMinute), nanosUntil(1));
    }

    private long nanosUntil(double wanted) {
        return perMinute == 0 || left >= wanted ? 0 : (long) Math.ceil((wanted - left) * MINUTE_NANOS / perMinute);
    }

    private void refill(long nowNanos) {
        double more = (nowNanos - asOf) * (perMinute / MINUTE_NANOS);
        asOf = nowNanos;
        left = Math.min((double) perMinute, left + more);
    }
}
