package dev.tramontane.hub;

/** A model could not be had by its name: one line that says what was wrong, where, and what to do. */
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of fault, for those who answer for it. */
    public enum Kind {
        /** The name, or what stands in a file of ours, is not what it must be. */
        INVALID,
        /** There is no such model where it was looked for. */
        ABSENT,
        /** The hub wants to know who asks, or does not let him. */
        DENIED,
        /** No answer that could be used came: another time may do. */
        UNREACHABLE,
        /** What came is not what was said, or more than is taken. */
        WRONG,
        /** The disk has too little room, or the store cannot be used. */
        STORE
    }

    private final Kind kind;

    public HubException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public HubException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
