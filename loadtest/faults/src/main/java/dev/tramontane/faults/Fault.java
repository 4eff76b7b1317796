package dev.tramontane.faults;

import java.time.Duration;

/**
 * What happens to the bytes of one direction of a connection: they may come late, slowly, and only up to a point.
 *
 * @param delay how long each piece of up to {@link #PIECE} bytes is held; pieces wait for one another
 * @param bytesPerSecond at most; 0 for as fast as they come
 * @param end what happens after {@code after} bytes
 * @param after bytes of this direction, counted from the connection's beginning, that still pass
 */
public record Fault(Duration delay, long bytesPerSecond, End end, long after) {
    /** Bytes that are read, held and written at a time. */
    public static final int PIECE = 8 << 10;

    /** Everything passes. */
    public static final Fault NONE = new Fault(Duration.ZERO, 0, End.NONE, 0);

    /** How a direction ends before its sender ends it. */
    public enum End {
        NONE,

        /** No byte is taken or delivered any more, and nobody is told: a cable that was pulled. */
        BLACK_HOLE,

        /** Both sides get a reset (RST). */
        RESET,

        /** The receiver gets an orderly end (FIN) in the middle of what is said; the sender finds nobody there. */
        TRUNCATE
    }

    public Fault {
        if (delay.isNegative() || bytesPerSecond < 0 || after < 0) {
            throw new IllegalArgumentException("a fault's delay, rate and bytes must be 0 or more: " + delay.toMillis()
                    + " ms, " + bytesPerSecond + " bytes a second, " + after + " bytes");
        }
    }

    public Fault delayed(Duration by) {
        return new Fault(by, bytesPerSecond, end, after);
    }

    public Fault throttled(long toBytesPerSecond) {
        return new Fault(delay, toBytesPerSecond, end, after);
    }

    /** Ends this way once so many bytes have passed. */
    public Fault ending(End how, long afterBytes) {
        return new Fault(delay, bytesPerSecond, how, afterBytes);
    }
}
