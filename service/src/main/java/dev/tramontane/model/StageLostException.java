package dev.tramontane.model;

/**
 * A part of the model is out of reach for now: what was computed is lost with it, and {@link Model#recover} says when it can go
 * on. The message names the part, where it is and the cause, for the operator; {@link #told} is for clients.
 */
public final class StageLostException extends ModelException {
    private static final long serialVersionUID = 1L;

    private final String told;

    /** @param message fit for clients, too */
    public StageLostException(String message) {
        this(message, message);
    }

    /**
     * @param message for the operator
     * @param told the same for clients: nothing of where things are
     */
    public StageLostException(String message, String told) {
        super(message);
        this.told = told;
    }

    /** What clients are told. */
    public String told() {
        return told;
    }
}
