package dev.tramontane.keys;

/** A file of keys that is not taken. The message says where and why, and holds nothing of the line but its name. */
public final class KeyFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyFileException(String message) {
        super(message);
    }

    KeyFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
