package dev.tramontane.app;

import dev.tramontane.api.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices threads that have died or stand still although there is work, from a thread of its own that needs none of
 * them. After the limit the process is no longer live, so that an orchestrator may restart it; after a second limit it
 * ends by itself, for a process that answers nobody is worse than none. A thread that moves again in between is forgiven.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    /** Times that a step may take longer than the rows before it promised. */
    private static final int PATIENCE = 8;

    private final long limitNanos;
    private final LongSupplier clock;
    private final IntConsumer halt;
    private final List<Watched> watched = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BoundedLog lines = new BoundedLog();
    private volatile String stuck = "";
    private long lastLook;

    /** One thread and when it was last seen to move. */
    private static final class Watched {
        final Pulse pulse;
        long beats;
        long since;
        boolean reported;

        Watched(Pulse pulse, long now) {
            this.pulse = pulse;
            beats = pulse.beats();
            since = now;
        }
    }

    /**
     * @param limit without movement; zero for no watching at all
     * @param nanoClock monotonic nanoseconds
     * @param halt ends the process at once with a code
     */
    Watchdog(Duration limit, LongSupplier nanoClock, IntConsumer halt) {
        limitNanos = limit.toNanos();
        clock = nanoClock;
        this.halt = halt;
        lastLook = nanoClock.getAsLong();
    }

    /** Begins to look, four times in the limit but at least once a second. */
    Watchdog start() {
        if (limitNanos > 0) {
            long period = Math.max(1, Math.min(TimeUnit.SECONDS.toNanos(1), limitNanos / 4));
            Thread.ofPlatform().daemon().name("watchdog").start(() -> run(period));
        }
        return this;
    }

    /** Watches one more thread. Any thread. */
    void watch(Pulse pulse) {
        watched.add(new Watched(pulse, clock.getAsLong()));
    }

    /** Watches it no longer. Any thread. */
    void forget(Pulse pulse) {
        watched.removeIf(each -> each.pulse.equals(pulse));
    }

    /** Whether everything moves; the answer for liveness probes. Any thread. */
    Health.Answer verdict() {
        String now = stuck;
        return now.isEmpty() ? Health.Answer.WELL : new Health.Answer(false, now);
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void run(long period) {
        try {
            while (!closed.await(period, TimeUnit.NANOSECONDS)) {
                try {
                    look();
                } catch (InterruptedException ended) {
                    throw ended;
                } catch (Throwable fault) { // It has to outlive what it watches.
                    lines.write(() -> LOG.error("the watchdog could not look", fault));
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look at all of them. The watchdog's thread, or the test's in its place. */
    void look() throws InterruptedException {
        long now = clock.getAsLong();
        boolean wasAway = now - lastLook > limitNanos / 2;
        lastLook = now;
        List<String> still = new ArrayList<>();
        for (Watched one : watched) {
            long beats = one.pulse.beats();
            // If this thread was held up as well, the whole process was: suspended, swapped out, collecting garbage.
            if (beats != one.beats || !one.pulse.pending() || wasAway) {
                one.beats = beats;
                one.since = now;
                if (one.reported) {
                    one.reported = false;
                    lines.write(() -> LOG.warn("{} moves again", one.pulse.name()));
                }
                continue;
            }
            long limit = Math.max(limitNanos, PATIENCE * one.pulse.expectedNanos());
            long stands = now - one.since;
            if (stands >= limit) {
                still.add(one.pulse.name() + " has not moved for " + TimeUnit.NANOSECONDS.toSeconds(stands) + " s");
                stuck = String.join("; ", still); // Before it is logged, which may take long.
                judge(one, stands >= 2 * limit, still.getLast());
            }
        }
        stuck = String.join("; ", still);
    }

    private void judge(Watched one, boolean hopeless, String what) throws InterruptedException {
        if (!one.reported) {
            one.reported = true;
            lines.write(() -> LOG.error(
                    "{} and there is work for it; the process is not live:{}",
                    what,
                    stack(one.pulse.thread().orElse(null))));
        } else if (hopeless) {
            try {
                lines.write(() -> LOG.error(
                        "{} and does not recover; the process ends with code {}:{}",
                        what,
                        ExitCode.STUCK,
                        stack(one.pulse.thread().orElse(null))));
            } finally { // Said or not.
                halt.accept(ExitCode.STUCK);
            }
        }
    }

    /** Where a thread stands, a line each. */
    static String stack(@Nullable Thread thread) {
        if (thread == null) {
            return " (it has never run)";
        }
        StringBuilder text = new StringBuilder()
                .append(' ')
                .append(thread.getName())
                .append(" is ")
                .append(thread.getState());
        for (StackTraceElement frame : thread.getStackTrace()) {
            text.append("\n\tat ").append(frame);
        }
        return text.toString();
    }
}
