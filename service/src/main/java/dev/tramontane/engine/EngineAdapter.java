package dev.tramontane.engine;

import java.util.function.Consumer;

/**
 * An adapter in the model's memory, by which submissions name it. Its place is free again when it was given up and no
 * request uses it any more. Any thread.
 */
public final class EngineAdapter {
    private final int number;
    private final String digest;
    private final Consumer<EngineAdapter> gone;
    private int users;
    private boolean givenUp;

    /**
     * @param number by which steps name it
     * @param gone is told once, when it may go
     */
    EngineAdapter(int number, String digest, Consumer<EngineAdapter> gone) {
        this.number = number;
        this.digest = digest;
        this.gone = gone;
    }

    int number() {
        return number;
    }

    /** Of all that it consists of: what was computed with it is found again by whoever has an equal one. */
    public String digest() {
        return digest;
    }

    /** Requests that use it now, waiting ones among them. */
    public synchronized int users() {
        return users;
    }

    /** Whether a request may use it: then it stays until that has left. */
    synchronized boolean enter() {
        if (givenUp) {
            return false;
        }
        users++;
        return true;
    }

    /** A request is over that had entered. */
    void leave() {
        boolean last;
        synchronized (this) {
            users--;
            last = givenUp && users == 0;
        }
        if (last) {
            gone.accept(this);
        }
    }

    /** No new request may use it, and its place is free when those that do are over. A second time it does nothing. */
    public void giveUp() {
        boolean last;
        synchronized (this) {
            last = !givenUp && users == 0;
            givenUp = true;
        }
        if (last) {
            gone.accept(this);
        }
    }
}
