package dev.tramontane.metrics;

import dev.tramontane.snapshots.SnapshotObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/** What becomes of snapshot files. Any thread. */
public final class SnapshotMetrics implements SnapshotObserver {
    private final Counter files;
    private final Counter bytes;
    private final Gauge occupied;

    public SnapshotMetrics(PrometheusRegistry registry) {
        files = Counter.builder()
                .name("tramontane_snapshot_files")
                .help("Snapshot files, by what became of them.")
                .labelNames("event")
                .register(registry);
        bytes = Counter.builder()
                .name("tramontane_snapshot_transferred_bytes")
                .help("Bytes of snapshot files written and read.")
                .labelNames("event")
                .register(registry);
        occupied = Gauge.builder()
                .name("tramontane_snapshot_directory_bytes")
                .help("Bytes of all snapshot files in the directory, when they were last counted.")
                .register(registry);
        List.of("written", "read", "refused", "failed", "removed").forEach(files::initLabelValues);
        List.of("written", "read").forEach(bytes::initLabelValues);
    }

    @Override
    public void written(long count) {
        files.labelValues("written").inc();
        bytes.labelValues("written").inc(count);
    }

    @Override
    public void read(long count) {
        files.labelValues("read").inc();
        bytes.labelValues("read").inc(count);
    }

    @Override
    public void refused() {
        files.labelValues("refused").inc();
    }

    @Override
    public void failed() {
        files.labelValues("failed").inc();
    }

    @Override
    public void removed(int count) {
        files.labelValues("removed").inc(count);
    }

    @Override
    public void occupied(long count) {
        occupied.set((double) count);
    }
}
