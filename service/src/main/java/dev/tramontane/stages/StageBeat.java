package dev.tramontane.stages;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a watchdog sees of the thread that computes for a head. That thread writes, any reads. */
public final class StageBeat {
    private volatile long beats;
    private volatile boolean working;
    private volatile long expectedNanos;
    private volatile @Nullable Thread thread;

    /** Rises whenever it has come one piece of work further. */
    public long beats() {
        return beats;
    }

    /** Whether it has something to do, and does not only wait for the head. */
    public boolean working() {
        return working;
    }

    /** How long the step under way should take, from the time that rows took before; 0 when that is not known. */
    public long expectedNanos() {
        return expectedNanos;
    }

    /** The thread, while it serves somebody. */
    public Optional<Thread> thread() {
        return Optional.ofNullable(thread);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Whoever serves is one at a time.
    void works() {
        thread = Thread.currentThread();
        beats++;
        working = true;
    }

    void expect(long nanos) {
        expectedNanos = nanos;
    }

    void rest() {
        working = false;
        expectedNanos = 0;
    }
}
