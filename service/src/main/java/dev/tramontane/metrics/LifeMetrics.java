package dev.tramontane.metrics;

import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;
import java.util.function.Supplier;

/** Where a service is in its life, and how long it took to get there. Any thread. */
public final class LifeMetrics {
    private static final double NANOS = 1e9;

    private final Gauge load;
    private final Gauge warmUp;

    /**
     * @param states all that there are
     * @param now the one that it is in; asked by every scrape, from any thread
     */
    public LifeMetrics(PrometheusRegistry registry, List<String> states, Supplier<String> now) {
        GaugeWithCallback.builder()
                .name("tramontane_state")
                .help("1 for what the service is doing, 0 for the rest: requests are to be sent to it while it is"
                        + " ready.")
                .labelNames("state")
                .callback(value -> {
                    String current = now.get();
                    states.forEach(state -> value.call(state.equals(current) ? 1 : 0, state));
                })
                .register(registry);
        load = Gauge.builder()
                .name("tramontane_model_load")
                .unit(Unit.SECONDS)
                .help("From the start of loading until the model could compute; 0 before.")
                .register(registry);
        warmUp = Gauge.builder()
                .name("tramontane_model_warm_up")
                .unit(Unit.SECONDS)
                .help("Time of the first steps, before the service was ready; 0 before.")
                .register(registry);
    }

    /** The model is loaded and has computed. */
    public void loaded(long loadNanos, long warmUpNanos) {
        load.set(loadNanos / NANOS);
        warmUp.set(warmUpNanos / NANOS);
    }
}
