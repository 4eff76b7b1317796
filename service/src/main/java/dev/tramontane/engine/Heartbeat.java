package dev.tramontane.engine;

/**
 * What a watchdog on another thread sees of the engine's: whether it moves. The engine thread writes, any thread reads.
 */
public final class Heartbeat {
    private volatile long beats;
    private volatile boolean resting = true;
    private volatile long expectedNanos;

    /** Rises whenever the thread has come one piece of work further. */
    public long beats() {
        return beats;
    }

    /** Whether the thread sleeps because there is nothing to do. */
    public boolean resting() {
        return resting;
    }

    /** How long the step under way should take, from the time a row took before; 0 when that is not known. */
    public long expectedNanos() {
        return expectedNanos;
    }

    /** Only the engine thread writes. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void beat() {
        beats++;
    }

    void rest(boolean now) {
        resting = now;
    }

    void expect(long nanos) {
        expectedNanos = nanos;
    }
}
