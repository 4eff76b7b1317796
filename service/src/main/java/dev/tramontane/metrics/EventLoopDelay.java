package dev.tramontane.metrics;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How late event loops run their timers: the time a token can wait there although it is ready. A timer of each loop ticks
 * every {@value #PERIOD_MILLIS} ms; its lateness is recorded, whichever loop it was. Promise 7 of the house is read here.
 */
public final class EventLoopDelay implements AutoCloseable {
    private static final long PERIOD_MILLIS = 20;
    private static final double NANOS = 1e9;
    private static final double[] BUCKETS = {.001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 5};

    private final Histogram delay;
    private final AtomicLong longestNanos = new AtomicLong();
    private final List<ScheduledFuture<?>> timers = new ArrayList<>();

    /** Starts measuring all event loops. */
    public EventLoopDelay(Iterable<? extends EventExecutor> loops, PrometheusRegistry registry) {
        delay = Histogram.builder()
                .name("tramontane_event_loop_delay")
                .unit(Unit.SECONDS)
                .help("Lateness of a timer on an event loop, any of them.")
                .classicOnly()
                .classicUpperBounds(BUCKETS)
                .register(registry);
        GaugeWithCallback.builder()
                .name("tramontane_event_loop_delay_longest")
                .unit(Unit.SECONDS)
                .help("The longest of these since the start.")
                .callback(value -> value.call(longestNanos.get() / NANOS))
                .register(registry);
        for (EventExecutor loop : loops) {
            timers.add(loop.scheduleWithFixedDelay(
                    new Ticks(System.nanoTime()), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS));
        }
    }

    /** One loop's. On that loop. */
    private final class Ticks implements Runnable {
        private long expectedNanos;

        Ticks(long now) {
            expectedNanos = now + PERIOD_MILLIS * 1_000_000;
        }

        @Override
        public void run() {
            long now = System.nanoTime();
            long late = Math.max(0, now - expectedNanos);
            delay.observe(late / NANOS);
            longestNanos.accumulateAndGet(late, Math::max);
            expectedNanos = now + PERIOD_MILLIS * 1_000_000;
        }
    }

    /** The longest delay seen, in nanoseconds. Any thread. */
    public long longestNanos() {
        return longestNanos.get();
    }

    @Override
    public void close() {
        timers.forEach(timer -> timer.cancel(false));
    }
}
