package dev.tramontane.kernels;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Preparing a model, which takes long, on a thread of its own, while whoever waits hears of it. */
final class Preparation {
    private static final Duration PROGRESS_INTERVAL = Duration.ofMillis(100);

    private Preparation() {}

    /**
     * Blocks until it is over, whatever happens meanwhile. An interrupt doesn't stop it and is kept for the caller.
     *
     * @param tell called on the caller's thread a few times a second
     * @return what the library said
     */
    static int run(Callable<Integer> prepare, Runnable tell) {
        FutureTask<Integer> work = new FutureTask<>(prepare);
        Thread worker = Thread.ofPlatform().name("tramontane-prepare").start(work);
        int status;
        try {
            while (!joinUninterruptibly(worker, PROGRESS_INTERVAL)) {
                tell.run();
            }
        } finally {
            // A listener's exception must not leave the library at work while others call it.
            while (!joinUninterruptibly(worker, PROGRESS_INTERVAL)) {}
            status = resultOf(work);
        }
        return status;
    }

    private static boolean joinUninterruptibly(Thread worker, Duration interval) {
        try {
            return worker.join(interval);
        } catch (InterruptedException interrupted) {
            boolean done = joinUninterruptibly(worker, interval);
            Thread.currentThread().interrupt();
            return done;
        }
    }

    private static int resultOf(FutureTask<Integer> work) {
        try {
            return work.get();
        } catch (ExecutionException failure) {
            throw new KernelException("preparing the model failed", failure);
        } catch (InterruptedException impossible) {
            throw new IllegalStateException("a finished task cannot be waited for", impossible);
        }
    }
}
