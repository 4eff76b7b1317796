package dev.tramontane.loadtest.plan;

import java.util.Locale;

/** How the reader of an answer behaves. */
public enum Behaviour {
    /** Reads all of it as it comes. */
    STEADY,
    /** Reads all of it, so many events a second, and lets the rest wait in small buffers. */
    SLOW,
    /** Goes away in the middle: cuts the connection without a word. */
    DISCONNECT,
    /** Says in the middle that it wants no more, where the protocol has a word for it; over SSE that is to cut the connection. */
    CANCEL,
    /** Goes away in the middle and asks the same again at once, over a new connection, from the beginning. */
    RECONNECT,
    /** Loses its connection, by a {@link Cut} or otherwise, and goes on over a new one with the event after its last. */
    RESUME;

    /** As options and reports spell it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
