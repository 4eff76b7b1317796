package dev.tramontane.chat;

/** A conversation that cannot be laid out, or a template that cannot be run; the message is fit for the client. */
public final class ChatLayoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ChatLayoutException(String message) {
        super(message);
    }
}
