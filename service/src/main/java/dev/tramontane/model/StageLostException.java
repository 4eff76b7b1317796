package dev.tramontane.model;

/**
 * A part of the model is out of reach for now: what was computed is lost with it, and {@link Model#recover} says when it can go
 * on. The message names the part and the cause and is fit for clients.
 */
public final class StageLostException extends ModelException {
    private static final long serialVersionUID = 1L;

    public StageLostException(String message) {
        super(message);
    }

    public StageLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
