package dev.tramontane.simulation;

/** What an autoscaler may look at: sums over all servers, as a PromQL {@code sum(...)} has them, and two that are none. */
enum Signal {
    /** Share of the last minute in which a server computed: what processor and GPU utilisation show. */
    BUSY("busy time"),
    /** {@code tramontane_requests_waiting}. */
    WAITING("waiting requests"),
    /** {@code tramontane_requests_refused_total}, a second, over the last minute. */
    REFUSED("refused requests"),
    /** {@code tramontane_requests_running}: bounded by what a server admits, so it can't say how much is missing. */
    RUNNING("running requests"),
    /** {@code tramontane_requests_running} and {@code tramontane_requests_waiting}. */
    SEQUENCES("running and waiting"),
    /** {@code tramontane_cache_reserved_ratio}. */
    RESERVED("reserved pages"),
    /** Mean seconds in the queue of those admitted in the last minute; at most 2, so that it asks for twice the servers at most. */
    QUEUE_TIME("queue time"),
    /** Share of the requests of the last minute that was refused; at most 0.02, likewise. */
    REFUSED_SHARE("refused share");

    private final String words;

    Signal(String words) {
        this.words = words;
    }

    /** Whether the figure says the same of many servers as of one: an HPA's target of type Value, not AverageValue. */
    boolean isRatio() {
        return this == QUEUE_TIME || this == REFUSED_SHARE;
    }

    @Override
    public String toString() {
        return words;
    }
}
