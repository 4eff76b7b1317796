package dev.tramontane.metrics;

import dev.tramontane.registry.RegistryObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.StatefulMetric;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;

/** Which of several models are loaded, and who waits for one. Any thread. */
public final class RegistryMetrics implements RegistryObserver {
    private static final double NANOS = 1e9;

    private final Gauge loaded;
    private final Gauge seconds;
    private final Counter loads;
    private final Counter unloads;
    private final Counter refused;
    private final Gauge waiting;

    /** @param models the names of all that are listed */
    public RegistryMetrics(PrometheusRegistry registry, List<String> models) {
        loaded = Gauge.builder()
                .name("tramontane_models_loaded")
                .help("Of several models: 1 while one is loaded, else 0.")
                .labelNames("model")
                .register(registry);
        seconds = Gauge.builder()
                .name("tramontane_models_load_seconds")
                .help("Of several models: what the last loading of one took, its first steps included; 0 before.")
                .labelNames("model")
                .register(registry);
        loads = Counter.builder()
                .name("tramontane_models_loads")
                .help("Of several models: loadings, by how they ended.")
                .labelNames("model", "outcome")
                .register(registry);
        unloads = Counter.builder()
                .name("tramontane_models_unloads")
                .help("Of several models: unloadings, because nobody asked for one, another one needed its room, a"
                        + " request said so, or it was deleted.")
                .labelNames("model", "reason")
                .register(registry);
        refused = Counter.builder()
                .name("tramontane_models_refused")
                .help("Requests that were turned away while their model was not loaded: too many waited, or they had"
                        + " waited for too long.")
                .labelNames("model", "cause")
                .register(registry);
        waiting = Gauge.builder()
                .name("tramontane_models_requests_waiting")
                .help("Requests that wait for their model to be loaded.")
                .register(registry);
        models.forEach(this::list);
    }

    /** One more is listed. */
    public void list(String model) {
        loaded.labelValues(model).set(0);
        seconds.labelValues(model).set(0);
        loads.initLabelValues(model, "loaded");
        loads.initLabelValues(model, "failed");
        for (Reason reason : Reason.values()) {
            unloads.initLabelValues(model, word(reason));
        }
        for (Refusal refusal : Refusal.values()) {
            refused.initLabelValues(model, word(refusal));
        }
    }

    /** Shows nothing of a model any more. */
    public void forget(String model) {
        for (StatefulMetric<?, ?> metric : List.of(loaded, seconds, loads, unloads, refused)) {
            metric.removeIf(labels -> labels.getFirst().equals(model));
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void loaded(String model, long nanos) {
        loaded.labelValues(model).set(1);
        seconds.labelValues(model).set(nanos / NANOS);
        loads.labelValues(model, "loaded").inc();
    }

    @Override
    public void failed(String model) {
        loads.labelValues(model, "failed").inc();
    }

    @Override
    public void unloaded(String model, Reason reason) {
        loaded.labelValues(model).set(0);
        unloads.labelValues(model, word(reason)).inc();
    }

    @Override
    public void waiting(int requests) {
        waiting.set(requests);
    }

    @Override
    public void refused(String model, Refusal why) {
        refused.labelValues(model, word(why)).inc();
    }
}
