package dev.tramontane.loadtest.client;

import java.util.Locale;

/** How a request ended. */
public enum End {
    /** With all of its answer. */
    FINISHED,
    /** Its reader left, as it was to. */
    LEFT,
    /** The server had no room: status 429 or 503, or a socket's event of one. */
    REFUSED,
    /** Anything else: no connection, an error, an answer cut in the middle. */
    FAILED,
    /** Not over when the run was. */
    UNFINISHED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
