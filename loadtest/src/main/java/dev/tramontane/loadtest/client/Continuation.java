package dev.tramontane.loadtest.client;

/**
 * What became of an answer's connections, and of its events by the numbers that the server gives them.
 *
 * @param cut connections that were cut on purpose
 * @param broken ones that ended otherwise: by the network, a server that went away or one that drained
 * @param elsewhere times that a server said that another has the answer
 * @param lost events that never came
 * @param doubled events that came once more
 * @param gaps nanoseconds from the end of a connection to the next event, for each time that the answer went on
 */
public record Continuation(int cut, int broken, int elsewhere, long lost, long doubled, long[] gaps) {
    /** Of an answer that came over one connection, and of which nothing is known to be missing. */
    public static final Continuation NONE = new Continuation(0, 0, 0, 0, 0, new long[0]);
}
