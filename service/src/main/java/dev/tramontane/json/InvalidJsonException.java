package dev.tramontane.json;

/** JSON, or a field of it, that is not what it must be. The message is one line and fit for whoever sent it. */
public final class InvalidJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String reason;
    private final long offset;

    /** @param field path of the field at fault, as in {@code messages[0].role}; empty for the document as a whole */
    public InvalidJsonException(String field, String reason) {
        this(field, reason, "", -1);
    }

    /**
     * @param reason what is wrong
     * @param place in the words of an editor, appended to the message: " (line 1, column 7)"; may be empty
     * @param offset byte of the document at which it stands, or -1
     */
    InvalidJsonException(String field, String reason, String place, long offset) {
        super(reason + place, null, false, false);
        this.field = field;
        this.reason = reason;
        this.offset = offset;
    }

    public String field() {
        return field;
    }

    /** The message without line and column, for those who say where by {@link #offset}. */
    public String reason() {
        return reason;
    }

    /** Byte of the document at which it stands, or -1 where that is not known. */
    public long offset() {
        return offset;
    }
}
