package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Adapters in figures: what is there now, and nothing of what has gone. */
final class AdapterMetricsTest {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final List<AdapterMetrics.Use> uses = new ArrayList<>();

    private List<String> points(String name) {
        return registry.scrape(name::equals).stream()
                .flatMap(metric -> ((GaugeSnapshot) metric).getDataPoints().stream())
                .map(point -> point.getLabels().stream()
                                .map(label -> label.getValue())
                                .toList()
                        + " " + (name.startsWith("vllm") ? point.getValue() > 1e9 : point.getValue()))
                .toList();
    }

    @Test
    void eachScrapeTellsWhatIsThere() {
        AdapterMetrics metrics = new AdapterMetrics(registry, 4, true);
        metrics.watch(() -> List.copyOf(uses));
        assertThat(points("vllm:lora_requests_info")).containsExactly("[4, , ] true");
        uses.add(new AdapterMetrics.Use("a", 2, 0));
        uses.add(new AdapterMetrics.Use("b", 1, 3));
        uses.add(new AdapterMetrics.Use("c", 0, 1));
        uses.add(new AdapterMetrics.Use("d", 0, 0));
        // max_lora, running_lora_adapters, waiting_lora_adapters: labels come in the order of their names.
        assertThat(points("vllm:lora_requests_info")).containsExactly("[4, a,b, b,c] true");
        assertThat(points("tramontane_adapters")).containsExactlyInAnyOrder("[loaded] 4.0", "[places] 4.0");
        assertThat(points("tramontane_adapter_requests"))
                .contains("[b, running] 1.0", "[b, waiting] 3.0")
                .hasSize(8);
        uses.clear();
        assertThat(points("tramontane_adapter_requests")).isEmpty();
        assertThat(points("vllm:lora_requests_info")).containsExactly("[4, , ] true");
    }

    @Test
    void withoutRoomForAdaptersVllmsFigureIsNotThere() {
        new AdapterMetrics(registry, 0, true);
        assertThat(points("vllm:lora_requests_info")).isEmpty();
        assertThat(points("tramontane_adapters")).containsExactlyInAnyOrder("[loaded] 0.0", "[places] 0.0");
    }
}
