package dev.tramontane.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a process that was told to end does, whatever is stuck: its thread is there from the start and needs
 * nothing of the others.
 */
final class ShutdownLimit implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShutdownLimit.class);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread ending;
    private volatile String stage = "waiting for the main thread";

    /**
     * Called by the thread that will end the process.
     *
     * @param shutdown when it was asked for, the limit begins
     * @param limit for all of it
     * @param halt ends the process at once with a code
     */
    ShutdownLimit(Shutdown shutdown, Duration limit, IntConsumer halt) {
        ending = Thread.currentThread();
        Thread.ofPlatform().daemon().name("shutdown-limit").start(() -> {
            try {
                shutdown.await();
                if (!ended.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                    try {
                        new BoundedLog()
                                .write(() -> LOG.error(
                                        "the shutdown has not ended after {} s, while {}; the process ends with code"
                                                + " {}:{}",
                                        limit.toSeconds(),
                                        stage,
                                        ExitCode.STUCK,
                                        Watchdog.stack(ending)));
                    } finally { // Said or not.
                        halt.accept(ExitCode.STUCK);
                    }
                }
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** What the shutdown does now, for the line that is logged when it does not end. */
    void at(String now) {
        stage = now;
    }

    /** It has ended. */
    @Override
    public void close() {
        ended.countDown();
    }
}
