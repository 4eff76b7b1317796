package dev.tramontane.app;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What SIGTERM and Ctrl-C mean: the first asks to drain, a second does not wait. Called on signal threads. */
final class Shutdown implements Runnable {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final AtomicInteger times = new AtomicInteger();
    private final Runnable atOnce;
    private volatile boolean patient;

    /** @param atOnce ends the process without further ado */
    Shutdown(Runnable atOnce) {
        this.atOnce = atOnce;
    }

    /** From now on there is something to drain; before, there is nothing to wait for. */
    void beginPatience() {
        patient = true;
    }

    @Override
    public void run() {
        if (times.incrementAndGet() > 1 || !patient) {
            atOnce.run();
        }
        asked.countDown();
    }

    /** Waits for the first signal. */
    void await() throws InterruptedException {
        asked.await();
    }
}
