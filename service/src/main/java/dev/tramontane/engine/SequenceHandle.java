package dev.tramontane.engine;

/** The submitter's side of one choice. Any thread; never blocks. */
public interface SequenceHandle {

    /**
     * Allows {@code n} more tokens. A sequence without demand is parked: it keeps its pages and gives up its place in
     * the batch. {@link Long#MAX_VALUE} is without limit. Sums saturate.
     */
    void request(long n);

    /**
     * Whether somebody is there who may come to ask for more; at first there is. While nobody is, a sequence without demand
     * may have to give its place up to somebody who waits, and ends as {@link FinishReason#YIELDED}. Counts for all choices
     * of its submission.
     */
    void attended(boolean attended);

    /** Frees the sequence within one step. Idempotent; the listener then gets {@link FinishReason#CANCELLED}. */
    void cancel();
}
