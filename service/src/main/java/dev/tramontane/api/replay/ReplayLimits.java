package dev.tramontane.api.replay;

import java.time.Duration;

/**
 * How much of an answer is kept for readers to come.
 *
 * @param bytes of events of one answer that its readers have taken already; older ones are dropped
 * @param readers of one answer at a time
 * @param absence how long an answer that nobody reads any more waits for a reader; it is not computed meanwhile
 */
public record ReplayLimits(long bytes, int readers, Duration absence) {
    public static final ReplayLimits DEFAULT = new ReplayLimits(8 << 20, 16, Duration.ofSeconds(30));

    public ReplayLimits {
        if (bytes < 0 || readers < 1 || absence.isNegative()) {
            throw new IllegalArgumentException(
                    "an answer must be allowed a reader, and bytes and time not below 0; got " + readers + " readers, "
                            + bytes + " bytes, " + absence.toMillis() + " ms");
        }
    }
}
