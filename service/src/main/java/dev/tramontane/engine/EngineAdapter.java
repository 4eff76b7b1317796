package dev.tramontane.engine;

import java.util.function.Consumer;

/**
 * An adapter in the model's memory, by which submissions name it. Its place is free again when it was given up and neither
 * a request uses it any more nor a stream holds it. Any thread.
 */
public final class EngineAdapter {
    private final int number;
    private final String digest;
    private final Consumer<EngineAdapter> gone;
    private int users;
    private int running;

    /** Streams of which more requests may come. */
    private int holders;

    private boolean givenUp;

    /** Its data was not what it had been when the model needed it again. */
    private boolean spoilt;

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

    /** Of these, those that were admitted. */
    public synchronized int running() {
        return running;
    }

    /** A request was admitted that had entered. */
    synchronized void admitted() {
        running++;
    }

    /**
     * Keeps it for a stream until {@link #letGo}, whoever gives it up meanwhile: an answer that gave its place away comes back by another
     * request.
     *
     * @return whether it does; not when it was given up, and nobody else keeps it, nor when it was spoilt
     */
    public synchronized boolean hold() {
        if (isGone() || spoilt) {
            return false;
        }
        holders++;
        return true;
    }

    /** A stream is over that held it. */
    public void letGo() {
        boolean last;
        synchronized (this) {
            holders--;
            last = isGone() && users == 0;
        }
        if (last) {
            gone.accept(this);
        }
    }

    /** Whether no new request may use it. Its lock's holder's. */
    private boolean isGone() {
        return givenUp && holders == 0;
    }

    /** Whether a request may use it: then it stays until that has left. */
    synchronized boolean enter() {
        if (isGone() || spoilt) {
            return false;
        }
        users++;
        return true;
    }

    /** Why no request may use it, where {@link #enter} says so. Fit for clients. */
    synchronized String whyNot() {
        return spoilt
                ? "The adapter's files have changed since it was loaded: it is refused until it is unloaded and loaded again."
                : "The adapter has just been unloaded.";
    }

    synchronized boolean isSpoilt() {
        return spoilt;
    }

    /** No request may use it any more: what is there under its name now is another one. Its place is free when it is given up. */
    synchronized void spoil() {
        spoilt = true;
    }

    /**
     * A request is over that had entered.
     *
     * @param admitted whether it was
     */
    void leave(boolean admitted) {
        boolean last;
        synchronized (this) {
            users--;
            running -= admitted ? 1 : 0;
            last = isGone() && users == 0;
        }
        if (last) {
            gone.accept(this);
        }
    }

    /**
     * No new request may use it but those of streams that hold it, and its place is free when all of these are over. A second time it
     * does nothing.
     */
    public void giveUp() {
        boolean last;
        synchronized (this) {
            last = !givenUp && users == 0 && holders == 0;
            givenUp = true;
        }
        if (last) {
            gone.accept(this);
        }
    }
}
