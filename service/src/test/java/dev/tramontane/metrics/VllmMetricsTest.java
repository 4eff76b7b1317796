package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Status;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Figures under vLLM's names against lists of what reads them and of vLLM's own buckets, as a scrape finds them. */
class VllmMetricsTest {
    private static final Pattern SAMPLE = Pattern.compile("(vllm:\\w+)\\{(.*)} (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
    private static final Pattern ROW = Pattern.compile("^\\| `(vllm:\\w+)` \\| (counter|gauge|histogram) \\|.*");

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final VllmMetrics metrics = new VllmMetrics(registry, "toy/bytes", 1000, 32);

    /** A sample of the text format. */
    private record Sample(String name, Map<String, String> labels, String value) {}

    private String text() {
        return new String(new MetricsText(registry).render(), StandardCharsets.UTF_8);
    }

    private List<Sample> samples() {
        List<Sample> samples = new ArrayList<>();
        text().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as(line).isTrue();
            Map<String, String> labels = new LinkedHashMap<>();
            Matcher label = LABEL.matcher(sample.group(2));
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
            samples.add(new Sample(sample.group(1), labels, sample.group(3)));
        });
        return samples;
    }

    private static List<String[]> lines(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                VllmMetricsTest.class.getResourceAsStream("/metrics/" + file), file + " is missing")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" +"))
                    .toList();
        }
    }

    @Test
    void whatProgramsForVllmReadIsThere() throws IOException {
        metrics.books(Status.of(true, 0, 0, 0, 0, 0, 40, 0, 0, 0));
        List<Sample> samples = samples();
        List<String[]> readers = lines("vllm-readers.txt");
        assertThat(readers).hasSizeGreaterThan(50);
        for (String[] reader : readers) {
            List<Sample> found = samples.stream()
                    .filter(sample -> sample.name().equals(reader[1]))
                    .toList();
            assertThat(found).as(reader[0] + " reads " + reader[1]).isNotEmpty();
            List<String> labels = Stream.of(reader).skip(2).toList();
            assertThat(found)
                    .allSatisfy(sample -> assertThat(sample.labels().keySet()).containsAll(labels))
                    .allSatisfy(sample -> assertThat(sample.labels())
                            .containsEntry("model_name", "toy/bytes")
                            .containsEntry("engine", "0"));
        }
    }

    @Test
    void theBucketsAreVllms() throws IOException {
        Map<String, List<String>> bounds = new LinkedHashMap<>();
        samples().stream()
                .filter(sample -> sample.labels().containsKey("le"))
                .forEach(sample -> bounds.computeIfAbsent(
                                sample.name().substring(0, sample.name().length() - "_bucket".length()),
                                name -> new ArrayList<>())
                        .add(sample.labels().getOrDefault("le", "")));
        Map<String, List<String>> theirs = new LinkedHashMap<>();
        for (String[] line : lines("vllm-buckets.txt")) {
            theirs.put(
                    line[0],
                    Stream.concat(Stream.of(line).skip(1), Stream.of("+Inf")).toList());
        }
        assertThat(bounds).containsExactlyInAnyOrderEntriesOf(theirs);
    }

    @Test
    void everyFigureIsTheEngines() {
        metrics.firstToken(250_000_000L);
        metrics.nextToken(20_000_000L);
        metrics.step(5, 2, 1);
        metrics.finished(
                FinishReason.STOP, 4, 3, new Phases(1_000_000_000L, 2_000_000_000L, 4_000_000_000L, 7_000_000_000L));
        metrics.finished(FinishReason.CANCELLED, 4, 0, new Phases(0, 0, 0, 0));
        metrics.requestEnded(2, 100, 3);
        metrics.books(Status.of(true, 3, 2, 1, 10, 20, 40, 7, 50, 60));
        metrics.books(Status.of(true, 3, 2, 1, 10, 20, 40, 7, 51, 62));
        Map<String, String> figures = new LinkedHashMap<>();
        samples().stream()
                .filter(sample -> !sample.labels().containsKey("le"))
                .forEach(sample -> figures.put(
                        sample.name().substring("vllm:".length())
                                + sample.labels().entrySet().stream()
                                        .filter(label ->
                                                !Set.of("engine", "model_name").contains(label.getKey()))
                                        .map(label -> " " + label.getValue())
                                        .collect(Collectors.joining()),
                        sample.value()));
        assertThat(figures)
                .containsEntry("time_to_first_token_seconds_sum", "0.25")
                .containsEntry("inter_token_latency_seconds_sum", "0.02")
                .containsEntry("time_per_output_token_seconds_sum", "0.02")
                .containsEntry("request_time_per_output_token_seconds_sum", "2.0")
                .containsEntry("request_queue_time_seconds_sum", "1.0")
                .containsEntry("request_prefill_time_seconds_sum", "2.0")
                .containsEntry("request_decode_time_seconds_sum", "4.0")
                .containsEntry("request_inference_time_seconds_sum", "6.0")
                .containsEntry("e2e_request_latency_seconds_sum", "7.0")
                .containsEntry("request_prompt_tokens_sum", "8.0")
                .containsEntry("request_generation_tokens_sum", "3.0")
                .containsEntry("request_max_num_generation_tokens_sum", "3.0")
                .containsEntry("request_params_max_tokens_sum", "100.0")
                .containsEntry("request_params_n_sum", "2.0")
                .containsEntry("iteration_tokens_total_sum", "5.0")
                .containsEntry("request_success_total stop", "1.0")
                .containsEntry("request_success_total abort", "1.0")
                .containsEntry("request_success_total error", "0.0")
                .containsEntry("prompt_tokens_total", "51.0")
                .containsEntry("generation_tokens_total", "62.0")
                .containsEntry("num_requests_running", "2.0")
                .containsEntry("num_requests_waiting", "3.0")
                .containsEntry("num_requests_waiting_by_reason capacity", "3.0")
                .containsEntry("kv_cache_usage_perc", "0.5")
                .containsEntry("gpu_cache_usage_perc", "0.5")
                .containsEntry("cache_config_info 32 40", "1.0");
    }

    /** docs/metrics.md tells of each, with its type, and of no other. */
    @Test
    void theDocumentListsThem() {
        Set<String> documented = new TreeSet<>();
        Documents.text("docs/metrics.md").lines().forEach(line -> {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                documented.add(row.group(1) + " " + row.group(2));
            }
        });
        metrics.books(Status.of(true, 0, 0, 0, 0, 0, 40, 0, 0, 0));
        Set<String> exported = new TreeSet<>();
        text().lines()
                .filter(line -> line.startsWith("# TYPE "))
                .forEach(line -> exported.add(line.substring("# TYPE ".length())));
        assertThat(documented).isEqualTo(exported);
    }
}
