package dev.tramontane.api.json;

/** A body or a field that is not what it must be. The message is fit for the client. */
public final class InvalidJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;

    /** @param field path of the field at fault, as in {@code messages[0].role}; empty for the body as a whole */
    public InvalidJsonException(String field, String message) {
        super(message, null, false, false);
        this.field = field;
    }

    public String field() {
        return field;
    }
}
