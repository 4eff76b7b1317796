package dev.tramontane.generation;

import dev.tramontane.engine.RefusedException;
import org.jspecify.annotations.Nullable;

/** A generation that cannot start or go on. The message is fit for the client. */
public final class GenerationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure, so that the API can choose a status. */
    public enum Kind {
        /** The request itself is wrong (400). */
        INVALID,
        /** What it names was there a moment ago (404). */
        GONE,
        /** It is longer than the context or the cache (400). */
        TOO_LARGE,
        /** No room in time (429); see {@link #retryAfterSeconds()}. */
        BUSY,
        /** Its deadline cannot be met (429). */
        LATE,
        /** Its deadline passed before it had a token (504). */
        EXPIRED,
        /** Draining or failed (503). */
        UNAVAILABLE,
        /** The model failed (500). */
        FAILED
    }

    private final Kind kind;
    private final String parameter;
    private final int retryAfterSeconds;

    public GenerationException(Kind kind, String message, String parameter, int retryAfterSeconds) {
        this(kind, message, parameter, retryAfterSeconds, null);
    }

    public GenerationException(
            Kind kind, String message, String parameter, int retryAfterSeconds, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.parameter = parameter;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** One whose deadline passed while it waited. */
    public static GenerationException expired() {
        return new GenerationException(
                Kind.EXPIRED, "The deadline passed before the answer had begun.", "deadline_ms", 0);
    }

    /** What the engine refused, told as this floor tells it. */
    static GenerationException of(RefusedException refused) {
        Kind kind = switch (refused.refusal()) {
            case TOO_LARGE -> Kind.TOO_LARGE;
            case BUSY -> Kind.BUSY;
            case LATE -> Kind.LATE;
            case GONE -> Kind.GONE;
            case UNAVAILABLE -> Kind.UNAVAILABLE;
        };
        String message = refused.getMessage();
        return new GenerationException(
                kind,
                message == null ? "The request was refused." : message,
                refused.refusal() == RefusedException.Cause.GONE ? "model" : "",
                refused.retryAfterSeconds(),
                refused);
    }

    public Kind kind() {
        return kind;
    }

    /** The request's field at fault, or empty. */
    public String parameter() {
        return parameter;
    }

    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
