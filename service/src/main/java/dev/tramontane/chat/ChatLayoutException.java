package dev.tramontane.chat;

/** A conversation that cannot be laid out, or a template that cannot be run; the message is fit for the client. */
public final class ChatLayoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;

    public ChatLayoutException(String message) {
        this("messages", message);
    }

    /** @param field of the request that is at fault, as in {@code messages[1].tool_calls} */
    public ChatLayoutException(String field, String message) {
        super(message);
        this.field = field;
    }

    /** The request's field at fault. */
    public String field() {
        return field;
    }
}
