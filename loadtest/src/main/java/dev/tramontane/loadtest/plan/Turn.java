package dev.tramontane.loadtest.plan;

/**
 * What a trace or a distribution says of one request.
 *
 * @param prompt its text
 * @param answer tokens of the answer at most
 * @param atMillis since the trace's beginning, or {@link #NO_TIME}
 */
public record Turn(Prompt prompt, int answer, long atMillis) {
    public static final long NO_TIME = -1;
}
