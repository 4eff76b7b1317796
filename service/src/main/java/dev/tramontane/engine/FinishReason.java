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
    /** The model failed for this sequence or as a whole. */
    ERROR
}
