package dev.tramontane.app;

/** The server cannot listen, or cannot stop to; the message says where and what to do. */
final class ListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ListenException(String message, Throwable cause) {
        super(message, cause);
    }
}
