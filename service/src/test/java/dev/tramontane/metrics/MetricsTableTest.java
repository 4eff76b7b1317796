package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.fixtures.Status;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/metrics.md lists every metric with its type and labels, and none that does not exist. */
class MetricsTableTest {
    private static final Pattern ROW =
            Pattern.compile("^\\| `(tramontane_\\w+)` \\| (counter|gauge|histogram) \\| ([^|]*) \\| [^|]+ \\|$");

    @Test
    void isTheDocumentedTable() throws Exception {
        PrometheusRegistry registry = new PrometheusRegistry();
        EngineMetrics engine = new EngineMetrics(registry);
        HttpMetrics http = new HttpMetrics(registry);
        HttpMetrics.watch(new RequestMemory(1), registry);
        new LifeMetrics(registry, List.of("ready"), () -> "ready").loaded(1, 1);
        new SnapshotMetrics(registry).written(1);
        new AnswerMetrics(registry).written();
        new StructureMetrics(registry).structure(true, 1, 1);
        new RegistryMetrics(registry, List.of("a")).waiting(1);
        new AdapterMetrics(registry, 1, false).watch(() -> List.of(new AdapterMetrics.Use("a", 1, 0)));
        new StageMetrics(registry, List.of("a:1"));
        EventLoopDelay delay = new EventLoopDelay(List.of(), registry);
        touchEveryLabel(engine, http);
        touchEveryLabel(new KeyMetrics(registry), new FileMetrics(registry));
        Map<String, String> exported = new TreeMap<>();
        registry.scrape().forEach(metric -> exported.put(name(metric), type(metric) + " " + labels(metric)));
        assertThat(documented()).isEqualTo(exported);
        delay.close();
    }

    /** A metric with labels shows them once a value exists. */
    private static void touchEveryLabel(EngineMetrics engine, HttpMetrics http) {
        engine.books(Status.of(true, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        http.requestEnded("/livez", "GET", 200, 1);
        http.streamOpened("/v1/responses");
        http.streamClosed("/v1/responses", true);
    }

    private static void touchEveryLabel(KeyMetrics keys, FileMetrics files) {
        keys.requested("name");
        keys.limited("name", "tokens");
        keys.computed("name", 1, 1);
        keys.streams("name", 1);
        files.watched("tls");
    }

    private static Map<String, String> documented() throws IOException {
        Map<String, String> rows = new TreeMap<>();
        for (String line : Files.readAllLines(table())) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.put(
                        row.group(1),
                        row.group(2) + " " + row.group(3).replace("`", "").replace("–", ""));
            }
        }
        return rows;
    }

    private static Path table() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("docs/metrics.md"))) {
                return folder.resolve("docs/metrics.md");
            }
        }
        throw new AssertionError("no folder above has docs/metrics.md");
    }

    /** As in the text format: counters end in _total. */
    private static String name(MetricSnapshot metric) {
        return metric.getMetadata().getPrometheusName() + (metric instanceof CounterSnapshot ? "_total" : "");
    }

    private static String type(MetricSnapshot metric) {
        return metric instanceof CounterSnapshot
                ? "counter"
                : metric instanceof HistogramSnapshot ? "histogram" : "gauge";
    }

    private static String labels(MetricSnapshot metric) {
        return metric.getDataPoints().stream()
                .findFirst()
                .map(point -> String.join(
                        ", ",
                        point.getLabels().stream().map(label -> label.getName()).toList()))
                .orElse("");
    }
}
