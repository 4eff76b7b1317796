package dev.tramontane.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a watchdog on another thread sees of the one that drives a model: whether it moves. The thread that drives writes, one at a time; any thread reads.
 */
public final class Heartbeat {
    private volatile long beats;
    private volatile boolean resting = true;
    private volatile long expectedNanos;
    private volatile @Nullable Thread thread;

    /** Rises whenever the thread has come one piece of work further. */
    public long beats() {
        return beats;
    }

    /** Whether the thread waits because there is nothing to do. */
    public boolean resting() {
        return resting;
    }

    /** How long the step under way should take, from the time that rows took before; 0 when that is not known. */
    public long expectedNanos() {
        return expectedNanos;
    }

    /** The thread that moved last. */
    public Optional<Thread> thread() {
        return Optional.ofNullable(thread);
    }

    /** This thread has come further. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // One writes at a time.
    public void beat() {
        thread = Thread.currentThread();
        beats++;
    }

    public void rest(boolean now) {
        resting = now;
    }

    public void expect(long nanos) {
        expectedNanos = nanos;
    }
}
