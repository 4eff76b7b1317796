package dev.tramontane.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What SIGTERM and Ctrl-C mean: the first asks to drain; one that comes while requests are still taken skips the rest of
 * that time; any other does not wait. Called on signal threads.
 */
final class Shutdown implements Runnable {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch hurried = new CountDownLatch(1);
    private final Runnable atOnce;
    private boolean patient;
    private boolean delaying;

    /** @param atOnce ends the process without further ado */
    Shutdown(Runnable atOnce) {
        this.atOnce = atOnce;
    }

    /**
     * From now on there is something to drain; before, there is nothing to wait for.
     *
     * @param delay which {@link #awaitDelay} will be called with
     */
    synchronized void beginPatience(Duration delay) {
        patient = true;
        delaying = delay.isPositive();
    }

    @Override
    public void run() {
        if (endsAtOnce()) {
            atOnce.run();
        }
        asked.countDown();
    }

    private synchronized boolean endsAtOnce() {
        if (!patient) {
            return true;
        }
        if (asked.getCount() > 0) {
            return false;
        }
        boolean skips = delaying;
        delaying = false;
        hurried.countDown();
        return !skips;
    }

    /** Waits for the first signal. */
    void await() throws InterruptedException {
        asked.await();
    }

    /** Waits until the time is over or another signal says not to; returns whether it was a signal. */
    boolean awaitDelay(Duration delay) throws InterruptedException {
        boolean skipped = hurried.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        synchronized (this) {
            delaying = false;
        }
        return skipped;
    }
}
