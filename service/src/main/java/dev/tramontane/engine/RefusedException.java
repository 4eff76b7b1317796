package dev.tramontane.engine;

/** A request that was not admitted; nothing of it remains. The message is fit for the client. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why a request was refused. */
    public enum Cause {
        /** It could not run even alone: too long for the context or the cache. */
        TOO_LARGE,
        /** No room in time; try again after {@link #retryAfterSeconds()}. */
        BUSY,
        /** Its deadline would pass before its first token, by the measured rates; a later one can be met. */
        LATE,
        /** What it was to be computed with is no longer there. */
        GONE,
        /** The engine drains or has failed. */
        UNAVAILABLE
    }

    private final Cause refusal;
    private final int retryAfterSeconds;

    public RefusedException(Cause refusal, String message, int retryAfterSeconds) {
        super(message);
        this.refusal = refusal;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public Cause refusal() {
        return refusal;
    }

    /** Seconds after which a retry is expected to succeed, from measured rates; 0 when a retry cannot help. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
