package dev.tramontane.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Makes collectors as vLLM has them: its prefix, its two labels, its buckets. */
final class VllmNames {
    /** vLLM numbers the engines of a process; here there is one. */
    static final String ENGINE = "0";

    static final double[] FIRST_TOKEN = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    static final double[] TOKEN_LATENCY = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    static final double[] REQUEST_LATENCY = {
        .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    static final double[] STEP_TOKENS = {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
    static final double[] CHOICES = {1, 2, 5, 10, 20};

    /** The name that vLLM has now, and the one before. */
    static final List<String> PREFIX_CACHES = List.of("prefix_cache", "gpu_prefix_cache");

    private static final String PREFIX = "vllm:";

    private final ModelCollectors made;
    private final PrometheusRegistry registry;
    private final String model;

    VllmNames(ModelCollectors made, String model) {
        this.made = made;
        registry = made.registry();
        this.model = model;
    }

    /** 1, 2, 5, 10, 20, 50 and so on, up to {@code most}. */
    static double[] oneTwoFive(int most) {
        List<Double> bounds = new ArrayList<>();
        for (double ten = 1; ten <= most; ten *= 10) {
            for (double step : new double[] {1, 2, 5}) {
                if (step * ten <= most) {
                    bounds.add(step * ten);
                }
            }
        }
        return bounds.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** @param name without {@code _seconds}, which the unit adds */
    DistributionDataPoint seconds(String name, String help, double[] buckets) {
        return made.once(
                        Histogram.class,
                        PREFIX + name,
                        () -> histogram(name, help, buckets).unit(Unit.SECONDS).register(registry))
                .labelValues(model, ENGINE);
    }

    DistributionDataPoint counts(String name, String help, double[] buckets) {
        return made.once(
                        Histogram.class,
                        PREFIX + name,
                        () -> histogram(name, help, buckets).register(registry))
                .labelValues(model, ENGINE);
    }

    private static Histogram.Builder histogram(String name, String help, double[] buckets) {
        return Histogram.builder()
                .name(PREFIX + name)
                .help(help)
                .labelNames(labels())
                .classicOnly()
                .classicUpperBounds(buckets);
    }

    /** @param name without {@code _total}, which the text format adds */
    CounterDataPoint counter(String name, String help) {
        return made.once(
                        Counter.class,
                        PREFIX + name,
                        () -> Counter.builder()
                                .name(PREFIX + name)
                                .help(help)
                                .labelNames(labels())
                                .register(registry))
                .labelValues(model, ENGINE);
    }

    /** Sequences that ended for this reason. One collector for all reasons. */
    Counter ends() {
        return made.once(
                Counter.class,
                PREFIX + "request_success",
                () -> Counter.builder()
                        .name(PREFIX + "request_success")
                        .help("Count of successfully processed requests.")
                        .labelNames(labels("finished_reason"))
                        .register(registry));
    }

    CounterDataPoint ended(Counter ends, String reason) {
        return ends.labelValues(model, ENGINE, reason);
    }

    GaugeDataPoint gauge(String name, String help) {
        return labelled(name, help).labelValues(model, ENGINE);
    }

    /** A gauge with labels beside the two, which whoever sets it names. */
    Gauge labelled(String name, String help, String... more) {
        return made.once(
                Gauge.class,
                PREFIX + name,
                () -> Gauge.builder()
                        .name(PREFIX + name)
                        .help(help)
                        .labelNames(labels(more))
                        .register(registry));
    }

    GaugeDataPoint of(Gauge gauge, String value) {
        return gauge.labelValues(model, ENGINE, value);
    }

    GaugeDataPoint of(Gauge gauge, String value, String second) {
        return gauge.labelValues(model, ENGINE, value, second);
    }

    private static String[] labels(String... more) {
        return Stream.concat(Stream.of("model_name", "engine"), Stream.of(more)).toArray(String[]::new);
    }
}
