package dev.tramontane.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.StatefulMetric;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Collectors that the models of a process share, each registered once. Where there may be several models each figure has the label
 * {@code model} before its own; a server of one model has none. Any thread.
 */
public final class ModelCollectors {
    private static final String[] NONE = {};

    private final PrometheusRegistry registry;
    private final boolean several;
    private final Map<String, Object> made = new HashMap<>();

    private ModelCollectors(PrometheusRegistry registry, boolean several) {
        this.registry = registry;
        this.several = several;
    }

    /** Of a server of one model. */
    public static ModelCollectors ofOne(PrometheusRegistry registry) {
        return new ModelCollectors(registry, false);
    }

    /** Of a server of several. */
    public static ModelCollectors ofSeveral(PrometheusRegistry registry) {
        return new ModelCollectors(registry, true);
    }

    PrometheusRegistry registry() {
        return registry;
    }

    /** Shows nothing of a model any more. */
    public synchronized void forget(String model) {
        for (Object collector : made.values()) {
            if (collector instanceof StatefulMetric<?, ?> metric) {
                metric.removeIf(labels -> !labels.isEmpty() && labels.getFirst().equals(model));
            }
        }
    }

    /** What was made under that name, or is made now. */
    synchronized <T> T once(Class<T> type, String name, Supplier<T> make) {
        return type.cast(made.computeIfAbsent(name, absent -> make.get()));
    }

    /** The figures of one model. */
    final class Of {
        private final String model;

        Of(String model) {
            this.model = model;
        }

        private String[] names(String[] own) {
            return several ? Stream.concat(Stream.of("model"), Stream.of(own)).toArray(String[]::new) : own;
        }

        private String[] values(String[] own) {
            return several ? Stream.concat(Stream.of(model), Stream.of(own)).toArray(String[]::new) : own;
        }

        CounterDataPoint counter(String name, String help) {
            return counter(name, Counter.builder().help(help), NONE, NONE);
        }

        /** In seconds. */
        CounterDataPoint secondsCounter(String name, String help) {
            return counter(name, Counter.builder().unit(Unit.SECONDS).help(help), NONE, NONE);
        }

        /** One of a counter with a label of its own. */
        CounterDataPoint counter(String name, String help, String label, String value) {
            return counter(name, Counter.builder().help(help), new String[] {label}, new String[] {value});
        }

        private CounterDataPoint counter(String name, Counter.Builder builder, String[] labels, String[] values) {
            return once(
                            Counter.class,
                            name,
                            () -> builder.name(name).labelNames(names(labels)).register(registry))
                    .labelValues(values(values));
        }

        GaugeDataPoint gauge(String name, String help) {
            return gauge(name, help, NONE, NONE);
        }

        /** One of a gauge with a label of its own. */
        GaugeDataPoint gauge(String name, String help, String label, String value) {
            return gauge(name, help, new String[] {label}, new String[] {value});
        }

        private GaugeDataPoint gauge(String name, String help, String[] labels, String[] values) {
            return once(
                            Gauge.class,
                            name,
                            () -> Gauge.builder()
                                    .name(name)
                                    .help(help)
                                    .labelNames(names(labels))
                                    .register(registry))
                    .labelValues(values(values));
        }

        /** A histogram of seconds. */
        DistributionDataPoint seconds(String name, String help, double[] buckets) {
            return histogram(name, Histogram.builder().unit(Unit.SECONDS).help(help), buckets);
        }

        /** A histogram of numbers. */
        DistributionDataPoint counts(String name, String help, double[] buckets) {
            return histogram(name, Histogram.builder().help(help), buckets);
        }

        private DistributionDataPoint histogram(String name, Histogram.Builder builder, double[] buckets) {
            return once(
                            Histogram.class,
                            name,
                            () -> builder.name(name)
                                    .labelNames(names(NONE))
                                    .classicOnly()
                                    .classicUpperBounds(buckets)
                                    .register(registry))
                    .labelValues(values(NONE));
        }
    }
}
