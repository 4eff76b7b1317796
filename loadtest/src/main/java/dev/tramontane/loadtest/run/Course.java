package dev.tramontane.loadtest.run;

import dev.tramontane.loadtest.plan.Arrivals;
import org.jspecify.annotations.Nullable;

/**
 * How a run goes: by arrivals, or by users of whom each waits for his answer.
 *
 * @param arrivals of an open loop; null for a closed one
 * @param users of a closed loop
 * @param thinkSeconds that a user waits between an answer and his next request
 * @param requests at most
 * @param seconds in which requests start at most
 * @param graceSeconds that requests under way have after the last start
 * @param streams at a time at most; what would be more waits in the client, and the wait counts
 */
public record Course(
        @Nullable Arrivals arrivals,
        int users,
        double thinkSeconds,
        long requests,
        double seconds,
        double graceSeconds,
        int streams) {

    public boolean closed() {
        return arrivals == null;
    }
}
