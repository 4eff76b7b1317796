package dev.tramontane.metrics;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes a registry in Prometheus' text format 0.0.4. Any thread. */
public final class MetricsText {
    private final PrometheusRegistry registry;
    private final PrometheusTextFormatWriter writer =
            PrometheusTextFormatWriter.builder().build();

    public MetricsText(PrometheusRegistry registry) {
        this.registry = registry;
    }

    /** The Content-Type of {@link #render()}. */
    public String contentType() {
        return writer.getContentType();
    }

    /** The current values. */
    public byte[] render() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
        try {
            writer.write(out, registry.scrape());
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing metrics to memory failed", impossible);
        }
        return out.toByteArray();
    }
}
