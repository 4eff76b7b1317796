package dev.tramontane.app;

import java.io.IOException;

/** A file that could not be written: no room, no permission. The message is one sentence for people. */
final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutputException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
