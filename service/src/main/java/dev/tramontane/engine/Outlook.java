package dev.tramontane.engine;

import java.util.List;

/**
 * What would become of a request of some size.
 *
 * @param verdict what would be done with it now
 * @param reason why it would be refused, in the words of the refusal; empty where it would not
 * @param pages that it may come to hold, of each group; empty when it is too large
 * @param bytes of these pages
 * @param nanosToFirstToken as expected by the measured rates; 0 when nothing was measured yet or it would be refused
 */
public record Outlook(Verdict verdict, String reason, List<Long> pages, long bytes, double nanosToFirstToken) {

    /** What would be done. */
    public enum Verdict {
        /** Admitted by the next step. */
        STARTS,
        /** Queued. */
        WAITS,
        /** Refused: as much waits as may. */
        BUSY,
        /** Refused: it could not run even alone. */
        TOO_LARGE,
        /** Refused: the engine drains or has failed. */
        UNAVAILABLE
    }

    public Outlook {
        pages = List.copyOf(pages);
    }
}
