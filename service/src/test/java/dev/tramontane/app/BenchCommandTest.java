package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What is measured and how it is told; how fast a busy machine is proves nothing. */
class BenchCommandTest {
    private static final String[] SMALL = {
        "--batch", "1,3", "--depth", "0,40", "--prompt", "20", "--tokens", "6", "--repeat", "2", "--threads", "1"
    };

    private static final String[] TWO = {
        "--batch", "2", "--depth", "0", "--prompt", "20", "--tokens", "6", "--repeat", "2", "--threads", "1"
    };

    @TempDir
    Path dir;

    private Outcome bench(TinyModel model, String... more) throws IOException {
        return new CapturedProgram()
                .run(Stream.concat(
                                Stream.of("bench", "--model", model.writeTo(dir).toString()), Stream.of(more))
                        .toArray(String[]::new));
    }

    private static String[] and(String... more) {
        return Stream.concat(Stream.of(SMALL), Stream.of(more)).toArray(String[]::new);
    }

    private static String[] two(String... more) {
        return Stream.concat(Stream.of(TWO), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void programsGetEveryMeasurement() throws IOException {
        Outcome outcome = bench(TinyModel.PLAIN.withType(DType.Q8_0), and("--json"));
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        JsonNode found = Oracle.parse(outcome.out());
        assertThat(found.get("machine").get("version").asString()).isNotEmpty();
        assertThat(found.get("machine").get("cpu_level").asString()).isNotEmpty();
        assertThat(found.get("ceilings").get("read_bytes_per_second").asDouble())
                .isGreaterThan(1e7);
        assertThat(found.get("model").get("weights").asString()).contains("q8_0");
        List<String> rows = Oracle.stream(found.get("results").get("steps"))
                .map(row -> row.get("test").asString() + " " + row.get("tokens").asInt() + " "
                        + row.get("batch").asInt() + " " + row.get("depth").asInt())
                .toList();
        assertThat(rows)
                .containsExactly(
                        "prefill 20 1 0",
                        "decode 6 1 0",
                        "decode 6 3 0",
                        "prefill 20 1 40",
                        "decode 6 1 40",
                        "decode 6 3 40");
        boolean products =
                found.get("ceilings").get("int8_operations_per_second").asDouble() > 0;
        assertThat(Oracle.stream(found.get("results").get("steps"))).allSatisfy(row -> {
            assertThat(row.get("tokens_per_second").asDouble())
                    .isBetween(
                            row.get("tokens_per_second_least").asDouble(),
                            row.get("tokens_per_second_most").asDouble());
            assertThat(row.get("tokens_per_second_least").asDouble()).isPositive();
            boolean decode = row.get("test").asString().equals("decode");
            assertThat(row.has("bandwidth_share")).isEqualTo(decode);
            assertThat(row.has("int8_share")).isEqualTo(!decode && products);
        });
        assertThat(Oracle.stream(found.get("results").get("service"))
                        .map(row -> row.get("way").asString()))
                .containsExactly("engine", "HTTP");
        assertThat(Oracle.stream(found.get("results").get("service")))
                .allSatisfy(row -> assertThat(row.get("tokens_per_second_least").asDouble())
                        .isPositive());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "emu"})
    void loadingStandsBesideWhatTheModelComesThrough(String backend) throws IOException {
        boolean device = backend.equals("emu");
        TinyModel model = TinyModel.PLAIN.withType(DType.Q8_0);
        Outcome warm = bench(model, two("--no-service", "--json", "--backend", backend));
        assertThat(warm.code()).as(warm.err()).isZero();
        JsonNode load = Oracle.parse(warm.out()).get("load");
        assertThat(load.get("bytes").asLong()).isPositive();
        assertThat(load.get("bytes_per_second").asDouble())
                .isCloseTo(load.get("bytes").asLong() / load.get("seconds").asDouble(), withinPercentage(0.1));
        assertThat(load.has("disk_bytes_per_second")).isFalse();
        assertThat(load.has("bus_share")).isEqualTo(device);
        if (device) {
            assertThat(load.get("bus_share").asDouble())
                    .isCloseTo(
                            load.get("bytes_per_second").asDouble()
                                    / load.get("bus_bytes_per_second").asDouble(),
                            withinPercentage(0.1));
        }
        Outcome cold = bench(model, two("--no-service", "--from-disk", "--backend", backend));
        assertThat(cold.code()).as(cold.err()).isZero();
        assertThat(cold.out())
                .containsPattern("(?m)^Load$")
                .containsPattern("(?m)^  rate +[\\d.]+ GB/s, read from the disk$")
                .containsPattern("(?m)^  disk +[\\d.]+ GB/s with 1 thread$")
                .containsPattern("(?m)^  of it +\\d+ %$");
        assertThat(cold.out().contains(" to GPU 0, emulated device, ")).isEqualTo(device);
        assertThat(cold.out().contains(", which is a copy within memory")).isEqualTo(device);
    }

    @Test
    void peopleGetTables() throws IOException {
        Outcome outcome = bench(TinyModel.PLAIN, SMALL);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out())
                .containsPattern("(?m)^  Tramontane +\\S")
                .containsPattern("(?m)^  Processors +\\d+ for this process")
                .containsPattern("(?m)^  reads +\\d+\\.\\d GB/s$")
                .containsPattern("(?m)^test +tokens +batch +depth +tokens/s +least +most +ms/step +bandwidth +8-bit$")
                .containsPattern("(?m)^prefill +20 +1 +40 +[\\d,.]+ +[\\d,.]+ +[\\d,.]+ *$")
                .containsPattern("(?m)^decode +6 +3 +0 +[\\d,.]+ +[\\d,.]+ +[\\d,.]+ +[\\d.]+ +\\d+ % *$")
                .containsPattern("(?m)^Service: 3 streams at a time, prompts of 20 tokens, answers of 6$")
                .containsPattern("(?m)^engine +[\\d,.]+ .* ms$")
                .containsPattern("(?m)^HTTP +[\\d,.]+ .* ms$");
    }

    /** The same texts through HTTP here and there, in turn. */
    @Test
    void anotherServerInTurn() throws IOException {
        try (RunningService other = new RunningService(dir)) {
            Outcome outcome = bench(TinyModel.PLAIN, two("--json", "--against", other.address + "/"));
            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.code()).isZero();
            JsonNode found = Oracle.parse(outcome.out());
            assertThat(found.get("against").get("url").asString()).isEqualTo(other.address);
            assertThat(found.get("against").get("model").asString()).startsWith("tiny");
            assertThat(found.get("against").get("ignores_end").asBoolean()).isTrue();
            JsonNode rows = found.get("results").get("service");
            assertThat(Oracle.stream(rows).map(row -> row.get("way").asString()))
                    .containsExactly("engine", "HTTP", "against");
            assertThat(Oracle.stream(rows)).allSatisfy(row -> {
                assertThat(row.get("tokens_per_second_least").asDouble()).isPositive();
                assertThat(row.get("first_token_ms_median").asDouble()).isPositive();
            });
        }
    }

    /** OpenAI's fields only, and it counts no tokens: events are taken for them. */
    @Test
    void aServerOfFewFields() throws IOException {
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> asked = new CopyOnWriteArrayList<>();
        other.createContext("/v1/models", exchange -> answer(exchange, 200, "{\"data\": [{\"id\": \"m\\u001B\"}]}"));
        other.createContext("/v1/completions", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (body.contains("ignore_eos")) {
                answer(exchange, 400, "{}");
                return;
            }
            asked.add(body);
            String event = "data: {\"choices\": [{\"text\": \"a\"}]}\n\n";
            answer(exchange, 200, event + event + "data: [DONE]\n\n");
        });
        other.start();
        try {
            String url = "http://127.0.0.1:" + other.getAddress().getPort();
            Outcome outcome = bench(TinyModel.PLAIN, two("--against", url));
            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out())
                    .containsPattern("(?m)^  model +m\\\\u001b$")
                    .containsPattern("(?m)^  answers +as long as it likes: it takes no ignore_eos$")
                    .containsPattern("(?m)^against +[\\d,.]+ .* ms$");
            assertThat(asked).as("a warm round and two").hasSize(6).doesNotHaveDuplicates();
            assertThat(asked)
                    .allMatch(body -> body.contains("\"model\":\"m\\u001B\"") && !body.contains("skip_special"));
        } finally {
            other.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void anotherServerThatIsNone() throws IOException {
        Outcome absent = bench(TinyModel.PLAIN, two("--against", "http://127.0.0.1:" + Ports.free()));
        assertThat(absent.code()).isEqualTo(ExitCode.USAGE);
        assertThat(absent.err())
                .startsWith("tramontane: --against http://127.0.0.1:")
                .contains("Nobody listens at")
                .contains("--against-model names a model without asking");
        // It is asked for before a model is opened, and so before anything is measured.
        Outcome early = new CapturedProgram()
                .run("bench", "--model", "/none.gguf", "--against", "http://127.0.0.1:" + Ports.free());
        assertThat(early.err()).contains("Nobody listens at").doesNotContain("none.gguf");
        Outcome nothing = bench(TinyModel.PLAIN, and("--against", "http://x", "--no-service"));
        assertThat(nothing.code()).isEqualTo(ExitCode.USAGE);
        assertThat(nothing.err()).contains("--no-service leaves out");
        Outcome password = bench(TinyModel.PLAIN, two("--against", "http://u:secret@127.0.0.1"));
        assertThat(password.code()).isEqualTo(ExitCode.USAGE);
        assertThat(password.err()).contains("--against must be an address").doesNotContain("secret");
    }

    /** With windows whose rings come round; F32 weights have no 8-bit products. */
    @Test
    void aWindowIsMeasuredToo() throws IOException {
        Outcome outcome = bench(TinyModel.PLAIN.withWindow(16), and("--no-service", "--json", "--batch-tokens", "8"));
        assertThat(outcome.err()).isEmpty();
        JsonNode found = Oracle.parse(outcome.out());
        assertThat(found.get("results").get("steps")).hasSize(6);
        assertThat(found.get("results").get("steps").get(0).has("int8_share")).isFalse();
        assertThat(found.get("results").get("service")).isEmpty();
        assertThat(found.get("model").get("windows")).hasToString("[\"16\"]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--batch 0|--batch must be numbers from 1 to 1024 between commas, got 0",
                "--batch 1,,2|--batch must be numbers from 1 to 1024 between commas, got 1,,2",
                "--batch 2000|--batch must be numbers from 1 to 1024 between commas, got 2000",
                "--depth -1|--depth must be numbers from 0 to 1048576 between commas, got -1",
                "--depth deep|--depth must be numbers from 0 to 1048576 between commas, got deep",
                "--prompt 0|--prompt must be 1 to 1048576, got 0",
                "--tokens 0|--tokens must be 1 to 1048576, got 0",
                "--repeat 0|--repeat must be 1 to 1000, got 0"
            })
    void optionsThatMeanNothingAreRefused(String options) throws IOException {
        int bar = options.indexOf('|');
        Outcome outcome = bench(TinyModel.PLAIN, options.substring(0, bar).split(" ", -1));
        assertThat(outcome.err()).isEqualTo("tramontane: " + options.substring(bar + 1) + "\n");
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aCacheThatDoesNotHoldTheBatchIsRefused() throws IOException {
        Outcome outcome = bench(
                TinyModel.PLAIN,
                "--batch",
                "8",
                "--depth",
                "4000",
                "--prompt",
                "8",
                "--tokens",
                "8",
                "--cache-memory",
                "4MiB");
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err())
                .matches("tramontane: the cache, .*, holds \\d sequences? of 4009 tokens, not 8: lower --batch or"
                        + " --depth, or give --cache-memory\n");
    }

    @Test
    void aSignalEndsIt() throws IOException {
        Outcome stopped = new CapturedProgram()
                .terminatedAtOnce()
                .run(
                        "bench",
                        "--from-disk",
                        "--model",
                        TinyModel.PLAIN.writeTo(dir).toString());
        assertThat(stopped.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(stopped.err()).isEqualTo("tramontane: stopped; what was not measured yet is left out\n");
        assertThat(stopped.out()).contains("Measured on it").doesNotContain("decode", "weights ordered");
    }
}
