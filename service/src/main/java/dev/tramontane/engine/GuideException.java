package dev.tramontane.engine;

/** A {@link Guide} can't say how its answer goes on. The message is for whoever asked for the answer. */
public final class GuideException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GuideException(String message) {
        super(message, null, false, false);
    }
}
