package dev.tramontane.app;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Log lines of threads that must not stand still themselves: a log whose reader has stopped, a full pipe on standard
 * error, blocks whoever writes to it. One thread's.
 */
final class BoundedLog {
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(1);

    private @Nullable Thread writing;

    /** Writes, and waits a second at most until that is done. Nothing is written while an earlier line is not. */
    void write(Runnable line) throws InterruptedException {
        Thread before = writing;
        if (before != null && before.isAlive()) {
            return;
        }
        Thread now = Thread.ofPlatform().daemon().name("bounded-log").start(line);
        writing = now;
        now.join(PATIENCE_MILLIS);
    }
}
