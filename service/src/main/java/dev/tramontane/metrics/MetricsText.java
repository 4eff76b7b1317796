package dev.tramontane.metrics;

import dev.tramontane.api.MetricsRoute;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a registry in Prometheus' text format 0.0.4. What was written is given to all who ask within a moment: an
 * endpoint picker scrapes twenty times a second, and there may be several. Any thread.
 */
public final class MetricsText implements MetricsRoute.Text {

    /** Half of the period in which pickers scrape, so that each of them sees every value of its own period. */
    public static final Duration FRESH = Duration.ofMillis(25);

    /** A text and when it was begun. */
    private record Written(byte[] bytes, long nanos) {}

    private final PrometheusRegistry registry;
    private final PrometheusTextFormatWriter writer =
            PrometheusTextFormatWriter.builder().build();
    private final long freshNanos;
    private final LongSupplier clock;
    private volatile @Nullable Written last;

    /** Writes for everybody anew. */
    public MetricsText(PrometheusRegistry registry) {
        this(registry, Duration.ZERO, System::nanoTime);
    }

    /**
     * @param fresh how old a text may be that is given away
     * @param nanoClock monotonic nanoseconds
     */
    public MetricsText(PrometheusRegistry registry, Duration fresh, LongSupplier nanoClock) {
        this.registry = registry;
        freshNanos = fresh.toNanos();
        clock = nanoClock;
    }

    @Override
    public String contentType() {
        return writer.getContentType();
    }

    @Override
    public byte @Nullable [] written() {
        Written known = last;
        return known != null && clock.getAsLong() - known.nanos < freshNanos ? known.bytes : null;
    }

    /** Of several who ask at once, one writes. */
    @Override
    public synchronized byte[] render() {
        byte[] known = written();
        if (known != null) {
            return known;
        }
        long begun = clock.getAsLong();
        ByteArrayOutputStream out = new ByteArrayOutputStream(32 * 1024);
        try {
            writer.write(out, registry.scrape());
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing metrics to memory failed", impossible);
        }
        byte[] bytes = out.toByteArray();
        last = new Written(bytes, begun);
        return bytes;
    }
}
