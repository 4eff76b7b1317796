package dev.tramontane.metrics;

import dev.tramontane.stages.StageObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;

/** Stages in other processes, by their addresses. Any thread. */
public final class StageMetrics implements StageObserver {
    private static final double NANOS = 1e9;

    private final Histogram steps;
    private final Counter computed;
    private final Counter bytes;
    private final Counter losses;
    private final Gauge there;

    /** @param stages their addresses; none for a model that is whole here */
    public StageMetrics(PrometheusRegistry registry, List<String> stages) {
        steps = Histogram.builder()
                .name("tramontane_stage_step_seconds")
                .unit(Unit.SECONDS)
                .help(
                        "Parts of steps on a stage in another process, from the first byte's going to the last one's coming.")
                .classicOnly()
                .classicUpperBounds(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
                .labelNames("stage")
                .register(registry);
        computed = Counter.builder()
                .name("tramontane_stage_compute_seconds")
                .unit(Unit.SECONDS)
                .help("Of these the time that the stage computed.")
                .labelNames("stage")
                .register(registry);
        bytes = Counter.builder()
                .name("tramontane_stage_transferred_bytes")
                .help("Bytes between the server and a stage.")
                .labelNames("stage", "direction")
                .register(registry);
        losses = Counter.builder()
                .name("tramontane_stage_losses")
                .help("Times that a stage was lost.")
                .labelNames("stage")
                .register(registry);
        there = Gauge.builder()
                .name("tramontane_stage_ready")
                .help("1 while a stage is there, 0 while it is not.")
                .labelNames("stage")
                .register(registry);
        for (String stage : stages) {
            steps.initLabelValues(stage);
            computed.initLabelValues(stage);
            bytes.initLabelValues(stage, "out");
            bytes.initLabelValues(stage, "in");
            losses.initLabelValues(stage);
            there.initLabelValues(stage);
        }
    }

    @Override
    public void ready(String stage) {
        there.labelValues(stage).set(1);
    }

    @Override
    public void lost(String stage) {
        there.labelValues(stage).set(0);
        losses.labelValues(stage).inc();
    }

    @Override
    public void step(String stage, long nanos, long computedNanos, long bytesOut, long bytesIn) {
        steps.labelValues(stage).observe(nanos / NANOS);
        computed.labelValues(stage).inc(computedNanos / NANOS);
        bytes.labelValues(stage, "out").inc(bytesOut);
        bytes.labelValues(stage, "in").inc(bytesIn);
    }
}
