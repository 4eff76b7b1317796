package dev.tramontane.simulation;

/**
 * What became of all requests. A request is served well when its first token comes within {@link #FIRST_SECONDS} and twice
 * the time that its prompt takes alone, and its tokens come at {@link #TOKEN_SECONDS} each on average.
 */
final class Tally {
    static final double FIRST_SECONDS = 2;
    static final double TOKEN_SECONDS = 0.1;

    private long served;
    private long well;
    private long refused;
    private long cut;
    private double waited;
    private long admitted;

    void finished(Request request, double now, double rowSeconds) {
        served++;
        boolean soon = request.first - request.arrived <= FIRST_SECONDS + 2 * request.prompt * rowSeconds;
        boolean fast = request.answer == 1 || now - request.first <= TOKEN_SECONDS * (request.answer - 1);
        if (soon && fast) {
            well++;
        }
    }

    /** Has its pages, so many seconds after it came. */
    void admitted(double seconds) {
        waited += seconds;
        admitted++;
    }

    /** Turned away: the queue is full, or no server is there. */
    void refused() {
        refused++;
    }

    /** Its server ended before it. */
    void cut(int requests) {
        cut += requests;
    }

    long all() {
        return served + refused + cut;
    }

    long refusals() {
        return refused;
    }

    long served() {
        return served;
    }

    /** {@code tramontane_request_queue_time_seconds_sum}. */
    double waitedSeconds() {
        return waited;
    }

    /** {@code tramontane_request_queue_time_seconds_count}. */
    long admissions() {
        return admitted;
    }

    /** Share of all requests that were not served well, 0 to 1. */
    double missed() {
        return all() == 0 ? 0 : 1 - (double) well / all();
    }

    /** Share of all requests that were refused, 0 to 1. */
    double refusedShare() {
        return all() == 0 ? 0 : (double) refused / all();
    }
}
