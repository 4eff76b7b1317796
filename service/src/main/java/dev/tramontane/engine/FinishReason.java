package dev.tramontane.engine;

/** Why a sequence ended. */
public enum FinishReason {
    /** An end token was sampled; it is not delivered. */
    STOP,
    /** The token limit or the context's end was reached. */
    LENGTH,
    /** The submitter cancelled. */
    CANCELLED,
    /** Its deadline passed while it waited or ran. */
    DEADLINE,
    /**
     * It gave its place up to somebody who waited, since nobody attended to it and it had nothing left that was asked for. What
     * was generated stands, and what follows may be submitted as its continuation.
     */
    YIELDED,
    /** A part of the model was lost. Once it is back, the same may be submitted again. */
    LOST,
    /** The model failed for this sequence or as a whole. */
    ERROR
}
