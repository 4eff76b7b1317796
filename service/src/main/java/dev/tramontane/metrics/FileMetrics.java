package dev.tramontane.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What became of files that were read anew: keys and certificates. Any thread. */
public final class FileMetrics {
    private final Counter reloads;
    private final Gauge refused;

    public FileMetrics(PrometheusRegistry registry) {
        reloads = Counter.builder()
                .name("tramontane_file_reloads")
                .help("Changed files that were read anew, by what they are and what became of it.")
                .labelNames("file", "result")
                .register(registry);
        refused = Gauge.builder()
                .name("tramontane_file_refused")
                .help("1 while a file has changed and cannot be used, so that what it was before stays in force.")
                .labelNames("file")
                .register(registry);
    }

    /** Such a file is looked at. */
    public void watched(String file) {
        reloads.initLabelValues(file, "taken");
        reloads.initLabelValues(file, "refused");
        refused.labelValues(file).set(0);
    }

    /** It was read, and is in force. */
    public void taken(String file) {
        reloads.labelValues(file, "taken").inc();
        refused.labelValues(file).set(0);
    }

    /** It cannot be used. */
    public void refused(String file) {
        reloads.labelValues(file, "refused").inc();
        refused.labelValues(file).set(1);
    }
}
