package dev.tramontane.engine;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells the engine thread that something changed, and lets it sleep until then. No signal is lost: the engine clears it
 * before it looks, so whatever changes after that look finds it cleared and sets it again.
 */
final class EngineSignal {
    private final AtomicBoolean raised = new AtomicBoolean();
    private volatile @Nullable Thread sleeper;

    /** Any thread, after the change is visible. */
    void raise() {
        if (!raised.getAndSet(true)) {
            LockSupport.unpark(sleeper);
        }
    }

    /** Whether it is raised and not yet looked at. Any thread. */
    boolean raised() {
        return raised.get();
    }

    /** Engine thread, before it looks for work. */
    void clear() {
        raised.set(false);
    }

    /**
     * Engine thread: returns once the signal is raised, or when so much time is over.
     *
     * @param nanos {@link Long#MAX_VALUE} for ever
     */
    void await(long nanos) {
        sleeper = Thread.currentThread();
        if (nanos == Long.MAX_VALUE) {
            while (!raised.get()) {
                LockSupport.park(this);
            }
        } else if (!raised.get()) {
            LockSupport.parkNanos(this, nanos);
        }
    }
}
