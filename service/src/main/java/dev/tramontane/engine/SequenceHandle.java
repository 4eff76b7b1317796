package dev.tramontane.engine;

/** The submitter's side of one choice. Any thread; never blocks. */
public interface SequenceHandle {

    /**
     * Allows {@code n} more tokens. A sequence without demand is parked: it keeps its pages and gives up its place in
     * the batch. {@link Long#MAX_VALUE} is without limit. Sums saturate.
     */
    void request(long n);

    /** Frees the sequence within one step. Idempotent; the listener then gets {@link FinishReason#CANCELLED}. */
    void cancel();
}
