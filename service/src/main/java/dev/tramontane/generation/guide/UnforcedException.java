package dev.tramontane.generation.guide;

/** A call that can't be forced. Its message says why, for whoever asked for it. */
public final class UnforcedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String field;

    UnforcedException(String field, String message) {
        super(message);
        this.field = field;
    }

    /** Of the request. */
    public String field() {
        return field;
    }
}
