package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.client.Continuation;

/** What became of all answers' connections. Not safe for several threads. */
public final class Continuations {
    private final Times gaps;
    private long cut;
    private long broken;
    private long elsewhere;
    private long lost;
    private long doubled;

    public Continuations() {
        this(new Times());
    }

    private Continuations(Times gaps) {
        this.gaps = gaps;
    }

    void add(Continuation one) {
        cut += one.cut();
        broken += one.broken();
        elsewhere += one.elsewhere();
        lost += one.lost();
        doubled += one.doubled();
        for (long gap : one.gaps()) {
            gaps.add(gap);
        }
    }

    Continuations copy() {
        Continuations copy = new Continuations(gaps.copy());
        copy.cut = cut;
        copy.broken = broken;
        copy.elsewhere = elsewhere;
        copy.lost = lost;
        copy.doubled = doubled;
        return copy;
    }

    /** Connections that were cut on purpose. */
    public long cut() {
        return cut;
    }

    /** Connections of readers who go on that ended otherwise. */
    public long broken() {
        return broken;
    }

    /** Times that an answer went on. */
    public long resumed() {
        return gaps.count();
    }

    /** Times that a server said that another has the answer. */
    public long elsewhere() {
        return elsewhere;
    }

    /** Events that never came, by their numbers; of all readers. */
    public long lost() {
        return lost;
    }

    /** Events that came once more, likewise. */
    public long doubled() {
        return doubled;
    }

    /** Whether every event came, and once. */
    public boolean intact() {
        return lost == 0 && doubled == 0;
    }

    /** From the end of a connection to the next event. */
    public Times gaps() {
        return gaps;
    }
}
