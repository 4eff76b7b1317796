package dev.tramontane.loadtest.command;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ctrl-C and SIGTERM end a session's run; the process lives until its figures are printed, within reason. */
final class Interruption implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicBoolean CAME = new AtomicBoolean();
    private static final CountDownLatch PRINTED = new CountDownLatch(1);

    private final Thread hook;

    private Interruption(Session session) {
        hook = new Thread(
                () -> {
                    CAME.set(true);
                    session.stop();
                    try {
                        boolean printed = PRINTED.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                        if (!printed) {
                            System.err.println("loadtest: ended without a report, which took too long");
                        }
                    } catch (InterruptedException impatient) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interruption");
    }

    static Interruption by(Session session) {
        Interruption interruption = new Interruption(session);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    static boolean came() {
        return CAME.get();
    }

    /** The process has nothing more to say. */
    static void printed() {
        PRINTED.countDown();
    }

    @Override
    public void close() {
        if (!came()) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
