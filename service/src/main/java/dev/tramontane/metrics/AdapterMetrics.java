package dev.tramontane.metrics;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Which adapters are there, and who uses them, as it is when a scrape asks: one that is unloaded leaves no figure behind. Under our
 * names, and for endpoint pickers under vLLM's ({@code vllm/v1/metrics/loggers.py}). Any thread.
 */
public final class AdapterMetrics {
    private static final double MILLIS = 1e3;

    private volatile Supplier<List<Use>> uses = List::of;

    /**
     * An adapter that can be asked for.
     *
     * @param running requests that were admitted
     * @param waiting requests that were not yet
     */
    public record Use(String name, int running, int waiting) {}

    /**
     * @param places for adapters; 0 where there are none
     * @param vllm whether vLLM's figure is there, too; it has it with adapters only
     */
    public AdapterMetrics(PrometheusRegistry registry, int places, boolean vllm) {
        GaugeWithCallback.builder()
                .name("tramontane_adapters")
                .help("Adapters that can be asked for, and places that there are for them.")
                .labelNames("state")
                .callback(value -> {
                    value.call(uses.get().size(), "loaded");
                    value.call(places, "places");
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("tramontane_adapter_requests")
                .help("Requests with an adapter: admitted ones run, others wait.")
                .labelNames("adapter", "state")
                .callback(value -> uses.get().forEach(use -> {
                    value.call(use.running(), use.name(), "running");
                    value.call(use.waiting(), use.name(), "waiting");
                }))
                .register(registry);
        if (vllm && places > 0) {
            GaugeWithCallback.builder()
                    .name("vllm:lora_requests_info")
                    .help("Running stats on lora requests: names by who uses them; the value is the time.")
                    .labelNames("max_lora", "waiting_lora_adapters", "running_lora_adapters")
                    .callback(value -> {
                        List<Use> now = uses.get();
                        value.call(
                                System.currentTimeMillis() / MILLIS,
                                Integer.toString(places),
                                names(now, use -> use.waiting() > 0),
                                names(now, use -> use.running() > 0));
                    })
                    .register(registry);
        }
    }

    private static String names(List<Use> uses, Predicate<Use> which) {
        return uses.stream().filter(which).map(Use::name).collect(Collectors.joining(","));
    }

    /** @param source asked by every scrape, from any thread; in the order of names */
    public void watch(Supplier<List<Use>> source) {
        uses = source;
    }
}
