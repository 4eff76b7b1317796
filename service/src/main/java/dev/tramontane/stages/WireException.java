package dev.tramontane.stages;

import java.io.IOException;

/** What the other side said or did is none of the wire's; the message is for people. */
final class WireException extends IOException {
    private static final long serialVersionUID = 1L;

    WireException(String message) {
        super(message);
    }
}
