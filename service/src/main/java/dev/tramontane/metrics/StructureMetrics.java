package dev.tramontane.metrics;

import dev.tramontane.generation.GuideObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;

/** The forms that answers must have. Any thread. */
public final class StructureMetrics implements GuideObserver {
    private static final double NANOS = 1e9;

    private final Counter structures;
    private final Counter seconds;
    private final Gauge bytes;

    public StructureMetrics(PrometheusRegistry registry) {
        structures = Counter.builder()
                .name("tramontane_structures")
                .help(
                        "Forms of answers that requests asked for: compiled for them, or found among those that are kept.")
                .labelNames("how")
                .register(registry);
        seconds = Counter.builder()
                .name("tramontane_structure_compile")
                .unit(Unit.SECONDS)
                .help("Time that prompt threads spent on compiling forms, or on waiting for another one that did.")
                .register(registry);
        bytes = Gauge.builder()
                .name("tramontane_structure_cache_bytes")
                .help("Heap that the forms that are kept take, with their masks, about, when one was last asked for.")
                .register(registry);
        structures.initLabelValues("compiled");
        structures.initLabelValues("found");
    }

    @Override
    public void structure(boolean compiled, long nanos, long kept) {
        structures.labelValues(compiled ? "compiled" : "found").inc();
        seconds.inc(nanos / NANOS);
        bytes.set((double) kept);
    }
}
