package dev.tramontane.app;

import java.util.Optional;

/** The other side of a chat: a person at a terminal, or lines from a pipe. Used by one thread. */
interface Dialogue extends AutoCloseable {

    /** The next thing that is said; empty when no more will come. */
    Optional<String> read();

    /** Prints a piece of text at once. Any thread. */
    void print(String text);

    /** Prints a remark that is no part of the conversation. */
    void remark(String text);

    /** What Ctrl-C does from now on, until the next {@link #read}. */
    void onInterrupt(Runnable action);

    @Override
    void close();
}
