package dev.tramontane.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a server says of itself, in figures and in lines. */
final class ViewTest {
    private static Map<String, @Nullable Object> json(String text) {
        return JsonReader.object(text.getBytes(StandardCharsets.UTF_8));
    }

    private static final Map<String, @Nullable Object> CAPACITY = json("""
        {"cache_bytes": 3221225472, "groups": [{"window": 4096, "layers": 32, "ring_pages": 130, "page_bytes": 2097152,
           "pages": 64, "pages_reserved": 32, "pages_used": 16, "pages_kept": 1}, {"window": 0, "layers": 2, "pages": 0}],
         "sequences": {"slots": 64, "slots_reserved": 4, "running": 3, "parked": 1},
         "waiting": {"requests": 2, "requests_limit": 256, "prompt_tokens": 1234, "prompt_tokens_limit": 1048576},
         "rates": {"prompt_tokens_per_second": 512.4, "generated_tokens_per_second": 33.3}}\
        """);

    private static Reading reading(long nanos, Metrics metrics) {
        Map<String, @Nullable Object> model = json("{\"id\": \"mistral\", \"max_model_len\": 32768, \"parent\": null}");
        Map<String, @Nullable Object> other = json("{\"id\": \"mistral:x\\u001b[2J\", \"parent\": \"mistral\"}");
        Map<String, @Nullable Object> roses = json("{\"id\": \"roses\", \"parent\": \"mistral\"}");
        return new Reading(
                nanos,
                List.of(
                        new Reading.Served(model, CAPACITY),
                        new Reading.Served(other, Map.of()),
                        new Reading.Served(roses, Map.of())),
                metrics);
    }

    private static Metrics metrics(int tokens, int stops, int quick, int slow, int requests) {
        return Metrics.of("""
        # HELP tramontane_state what it does
        # TYPE tramontane_state gauge
        tramontane_state{state="loading"} 0.0
        tramontane_state{state="ready"} 1.0
        tramontane_adapter_requests{adapter="roses",state="running"} 2.0
        tramontane_adapter_requests{adapter="roses",state="waiting"} 5.0
        tramontane_generation_tokens_total %d
        tramontane_requests_finished_total{finished_reason="stop"} %d
        tramontane_requests_finished_total{finished_reason="length"} 5
        tramontane_time_to_first_token_seconds_bucket{le="0.1"} %d
        tramontane_time_to_first_token_seconds_bucket{le="0.2"} %d
        tramontane_time_to_first_token_seconds_bucket{le="+Inf"} %d
        tramontane_time_to_first_token_seconds_count %d
        tramontane_key_requests_total{key="web"} %d
        tramontane_key_streams{key="web"} 3
        tramontane_request_memory_bytes{state="held"} 1.5E3
        tramontane_request_memory_bytes{state="limit"} 1048576 1700000000000
        no figure at all
        broken{le="1"} not-a-number
        """.formatted(tokens, stops, quick, quick + slow, quick + slow, quick + slow, requests));
    }

    @Test
    void aServerInLines() {
        Reading before = reading(1_000_000_000L, metrics(1000, 10, 100, 0, 7));
        Reading now = reading(3_000_000_000L, metrics(1500, 14, 100, 10, 9));
        assertThat(View.state(now)).isEqualTo("ready");
        String shown = String.join("\n", View.lines(now, before));
        assertThat(shown)
                .contains("mistral  context 32,768  cache 3.0 GiB")
                .contains("3 running, 1 parked, 4 of 64 slots taken")
                .contains("2 of 256 requests, 1,234 of 1,048,576 prompt tokens")
                .contains("prompts 512, answers 33.3")
                .contains("[########========-...............] 16, 32, 1 of 64")
                .containsPattern("  adapter +mistral:x\\?\\[2J of mistral: 0 running, 0 waiting")
                .containsPattern("  adapter +roses of mistral: 2 running, 5 waiting")
                .contains("answers 250")
                .contains("2.0 a second (stop 4); refused 0.0")
                .contains("median 150 ms, 90 % 190 ms")
                .contains("web: 2 requests, 0 tokens, 3 under way")
                .contains("memory 1.5 KiB of 1.0 MiB")
                .doesNotContain("\u001b");
    }

    /** Without an earlier look: from the server's start, and no rates, since nobody knows when that was. */
    @Test
    void oneLook() {
        String shown = String.join("\n", View.lines(reading(5, metrics(1500, 14, 100, 10, 9)), null));
        assertThat(shown)
                .contains("- a second (length 5, stop 14)")
                .contains("web: 9 requests")
                .contains("median 55.0 ms");
    }

    @Test
    void withoutFigures() {
        Reading now = new Reading(1, reading(1, metrics(1, 1, 1, 1, 1)).models(), null);
        assertThat(View.state(now)).isEqualTo("serving");
        assertThat(View.lines(now, null).getLast()).contains("--metrics URL");
        assertThat(View.state(new Reading(1, List.of(), null))).isEqualTo("not ready");
    }

    /** A server that has begun anew counts from nothing. */
    @Test
    void countersThatBeganAnew() {
        Metrics before = Metrics.of("a_total 100\n");
        Metrics now = Metrics.of("a_total 30\n");
        assertThat(new Course(before, now, 2).rate("a_total")).isEqualTo(15);
    }

    @Test
    void labelsAndQuantiles() {
        Metrics read = Metrics.of("""
            x{a="1,b=\\"2\\"",c="d\\\\e\\nf"} 1
            h_bucket{le="1"} 0
            h_bucket{le="2"} 10
            h_bucket{le="4"} 20
            h_bucket{le="+Inf"} 21
            """);
        assertThat(read.of(new Metrics.Key("x")).getFirst().labels())
                .isEqualTo(Map.of("a", "1,b=\"2\"", "c", "d\\e\nf"));
        Course course = new Course(null, read, 1);
        assertThat(course.quantile("h", 0.25)).isCloseTo(1.525, within(1e-9));
        assertThat(course.quantile("h", 0.99)).as("beyond the last bound").isEqualTo(4);
        assertThat(course.quantile("none", 0.5)).isNaN();
    }
}
