package dev.tramontane.fetch;

/** A package's files could not be had: one sentence that says why, without what to do instead. */
public final class FetchException extends Exception {
    private static final long serialVersionUID = 1L;

    FetchException(String message) {
        super(message);
    }

    FetchException(String message, Throwable cause) {
        super(message, cause);
    }
}
