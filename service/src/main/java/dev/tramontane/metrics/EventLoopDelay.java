package dev.tramontane.metrics;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How late an event loop runs its timers: the time a token can wait there although it is ready. A timer on the given
 * context ticks every {@value #PERIOD_MILLIS} ms; its lateness is recorded. Promise 7 of the house is read here.
 */
public final class EventLoopDelay implements AutoCloseable {
    private static final long PERIOD_MILLIS = 20;
    private static final double NANOS = 1e9;
    private static final double[] BUCKETS = {.001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 5};

    private final Vertx vertx;
    private final Histogram delay;
    private final AtomicLong longestNanos = new AtomicLong();
    private final long timer;
    private long expectedNanos;

    /** Starts measuring the event loop of {@code context}. */
    public EventLoopDelay(Vertx vertx, Context context, PrometheusRegistry registry) {
        this.vertx = vertx;
        delay = Histogram.builder()
                .name("tramontane_event_loop_delay")
                .unit(Unit.SECONDS)
                .help("Lateness of a timer on the event loop.")
                .classicOnly()
                .classicUpperBounds(BUCKETS)
                .register(registry);
        GaugeWithCallback.builder()
                .name("tramontane_event_loop_delay_longest")
                .unit(Unit.SECONDS)
                .help("The longest of these since the start.")
                .callback(value -> value.call(longestNanos.get() / NANOS))
                .register(registry);
        expectedNanos = System.nanoTime() + PERIOD_MILLIS * 1_000_000;
        timer = vertx.setPeriodic(PERIOD_MILLIS, ignored -> context.runOnContext(done -> tick()));
    }

    private void tick() {
        long now = System.nanoTime();
        long late = Math.max(0, now - expectedNanos);
        delay.observe(late / NANOS);
        longestNanos.accumulateAndGet(late, Math::max);
        expectedNanos = now + PERIOD_MILLIS * 1_000_000;
    }

    /** The longest delay seen, in nanoseconds. Any thread. */
    public long longestNanos() {
        return longestNanos.get();
    }

    @Override
    public void close() {
        vertx.cancelTimer(timer);
    }
}
