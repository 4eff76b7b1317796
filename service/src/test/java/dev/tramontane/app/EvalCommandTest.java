package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.measure.Evaluation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The command from text file to figures, against transformers and by what it refuses. */
class EvalCommandTest {
    private static final String WORDS =
            "It was the best of times, it was the worst of times, it was the age of wisdom.\n";

    @TempDir
    Path dir;

    private Path text(String content) throws IOException {
        return Files.writeString(dir.resolve("text.txt"), content);
    }

    private static Outcome eval(Path text, Path model, String... more) {
        return new CapturedProgram()
                .run(Stream.concat(
                                Stream.of("eval", text.toString(), "--model", model.toString(), "--threads", "1"),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    private static JsonNode json(Outcome outcome) {
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        return Oracle.parse(outcome.out());
    }

    static Stream<Arguments> rules() {
        List<Arguments> rules = new ArrayList<>();
        for (JsonNode model : Oracle.read("perplexity").get("models")) {
            for (JsonNode rule : model.get("rules")) {
                rules.add(Arguments.of(
                        model.get("name").asString(),
                        model.get("tokens").asInt(),
                        rule.get("context").asInt(),
                        rule.get("stride").asInt(),
                        rule.get("scored").asInt(),
                        rule.get("perplexity").asDouble()));
            }
        }
        return rules.stream();
    }

    /** Also in chunks that divide no window. */
    @ParameterizedTest
    @MethodSource("rules")
    void agreesWithTransformers(String name, int tokens, int context, int stride, int scored, double perplexity)
            throws IOException {
        Path text = text(Oracle.read("perplexity").get("text").asString());
        Path model = OracleModels.named(name).path();
        String[] rule = {"--context", "" + context, "--stride", "" + stride, "--kv", "f32", "--json"};
        for (String backend : List.of("ref", "cpu")) {
            JsonNode found = json(eval(
                    text,
                    model,
                    Stream.concat(
                                    Stream.of(rule),
                                    Stream.of(
                                            "--backend",
                                            backend,
                                            "--batch-tokens",
                                            backend.equals("ref") ? "256" : "10"))
                            .toArray(String[]::new)));
            assertThat(found.get("text").get("tokens").asInt()).isEqualTo(tokens);
            assertThat(found.get("text").get("scored_tokens").asInt()).isEqualTo(scored);
            assertThat(found.get("result").get("perplexity").asDouble() / perplexity)
                    .isCloseTo(1, within(1e-3));
        }
    }

    @Test
    void aModelIsNotDifferentFromItself() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        JsonNode found = json(eval(text(WORDS.repeat(5)), model, "--against", model.toString(), "--json"));
        JsonNode against = found.get("against");
        assertThat(against.get("kl_mean").asDouble()).isZero();
        assertThat(against.get("kl_p99").asDouble()).isZero();
        assertThat(against.get("same_top").asDouble()).isEqualTo(1);
        assertThat(against.get("perplexity_ratio").asDouble()).isEqualTo(1);
        assertThat(against.get("perplexity").asDouble())
                .isEqualTo(found.get("result").get("perplexity").asDouble());
    }

    /** Each on one side only: what the other side gets is told by what is said, and by a divergence above 0. */
    @ParameterizedTest
    @CsvSource({
        "--quantize, q4_0, quantize, q4_0, ''",
        "--kv, f16, kv, f16, f32",
        "--kv, fp8, kv, fp8, f32",
        "--window, 16, windows, '[\"16\"]', '[\"none\"]'",
        "--backend, ref, backend, ref, cpu"
    })
    void settingsOfBothSidesAreTheirOwn(String flag, String value, String key, String said, String otherSaid)
            throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Path text = text(WORDS.repeat(5));
        String plain = switch (flag) {
            case "--kv" -> "f32";
            case "--backend" -> "cpu";
            default -> "none";
        };
        String other = "--against" + flag.substring(1);
        JsonNode found = json(
                flag.equals("--quantize")
                        ? eval(text, model, flag, value, "--against", model.toString(), "--json")
                        : eval(text, model, flag, value, other, plain, "--json"));
        assertThat(found.get("model").get(key)).hasToString(said.startsWith("[") ? said : "\"" + said + "\"");
        if (!otherSaid.isEmpty()) {
            assertThat(found.get("reference").get(key))
                    .hasToString(otherSaid.startsWith("[") ? otherSaid : "\"" + otherSaid + "\"");
        } else {
            assertThat(found.get("reference").has(key)).isFalse();
        }
        assertThat(found.get("against").get("kl_mean").asDouble()).isGreaterThan(0);
        assertThat(found.get("against").get("kl_p99").asDouble()).isGreaterThan(0);
    }

    @Test
    void peopleGetATable() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Outcome outcome = eval(text(WORDS.repeat(5)), model, "--context", "64", "--against-kv", "f32");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out())
                .containsPattern("(?m)^  tokens +\\d+$")
                .containsPattern("(?m)^  context +64$")
                .containsPattern("(?m)^  cache +f16$")
                .containsPattern("(?m)^  cache +f32$")
                .containsPattern("(?m)^  perplexity +\\d+\\.\\d{4}$")
                .containsPattern("(?m)^  ratio +[01]\\.\\d{6}$")
                .containsPattern("(?m)^  mean divergence +0\\.\\d{6} nats$")
                .containsPattern("(?m)^  its 99th percentile +0\\.\\d{6} nats$")
                .containsPattern("(?m)^  same top token +\\d+\\.\\d{3} %$");
    }

    @Test
    void theFirstTokensCanBeAskedFor() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        JsonNode found = json(eval(text(WORDS.repeat(5)), model, "--tokens", "33", "--context", "16", "--json"));
        assertThat(found.get("text").get("tokens").asInt()).isEqualTo(33);
        assertThat(found.get("text").get("scored_tokens").asInt()).isEqualTo(30);
        assertThat(found.get("text").get("windows").asInt()).isEqualTo(3);
    }

    /** The scored tokens stay the same; what stands before them does not. */
    @Test
    void aBosCanStandInEveryWindow() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Path text = text(WORDS.repeat(5));
        JsonNode plain = json(eval(text, model, "--context", "32", "--unscored", "17", "--json"));
        JsonNode begun = json(eval(text, model, "--context", "32", "--unscored", "17", "--bos", "windows", "--json"));
        assertThat(begun.get("text")).isEqualTo(plain.get("text"));
        assertThat(begun.get("result").get("perplexity").asDouble())
                .isNotEqualTo(plain.get("result").get("perplexity").asDouble());
    }

    private static void isRefused(Outcome outcome, String line) {
        assertThat(outcome.err()).isEqualTo("tramontane: " + line + "\n");
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void textsThatCannotBeScoredAreRefused() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        isRefused(
                eval(text(""), model),
                dir.resolve("text.txt")
                        + " is too short: it has 0 tokens, a bos included where there is one, and the first is not"
                        + " predicted from anything");
        isRefused(
                eval(text("x"), model),
                dir.resolve("text.txt")
                        + " is too short: it has 1 token, a bos included where there is one, and the first is not"
                        + " predicted from anything");
        isRefused(
                eval(text("xyz"), model, "--context", "32", "--unscored", "16"),
                dir.resolve("text.txt")
                        + " is too short: it has 3 tokens, a bos included where there is one, and the first 16 of each"
                        + " window are not scored");
        Path latin = Files.write(dir.resolve("latin.txt"), "caf\u00e9 noir".getBytes(StandardCharsets.ISO_8859_1));
        isRefused(
                eval(latin, model),
                latin
                        + " is no UTF-8: the byte at offset 3 does not belong there; convert it, with iconv for"
                        + " instance");
        isRefused(eval(dir.resolve("absent.txt"), model), dir.resolve("absent.txt") + " does not exist");
        isRefused(eval(dir, model), dir + " is a directory; name a text file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--stride 0|--stride: the stride is 1 to 64, the context, got 0",
                "--stride 65|--stride: the stride is 1 to 64, the context, got 65",
                "--unscored 64|--unscored: of a window's 64 tokens 0 to 63 can be left unscored with a stride of 64,"
                        + " got 64",
                "--bos all|--bos must be text or windows, got all",
                "--tokens 1|--tokens must be at least 2, got 1",
                "--against-kv f8|--against-kv must be f16, bf16, f32 or fp8, got f8",
                "--against-window 0|--against-window must be none or 1 to 1073741824, got 0",
                "--against-quantize q9|--against-quantize must be q8_0, q4_0 or bf16, got q9",
                "--against-backend tpu|--against-backend must be auto, cpu, ref, cuda or emu, got tpu"
            })
    void optionsThatMeanNothingAreRefused(String options) throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        int bar = options.indexOf('|');
        String[] flags = ("--context 64 " + options.substring(0, bar)).split(" ", -1);
        isRefused(eval(text(WORDS), model, flags), options.substring(bar + 1));
    }

    @Test
    void modelsOfOtherVocabulariesAreRefused() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Path other = OracleModels.named("llama-tied").path();
        Outcome outcome = eval(text(WORDS), model, "--against", other.toString());
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).matches("tramontane: the two models cannot be compared: .*\n");
        Path sibling = OracleModels.named("mistral-window-16-native").path();
        Outcome tokens =
                eval(text(WORDS), OracleModels.named("mistral-window-16").path(), "--against", sibling.toString());
        assertThat(tokens.code()).isEqualTo(ExitCode.USAGE);
        assertThat(tokens.err()).matches("tramontane: the two models' tokenizers do not agree: token \\d+ of .*\n");
    }

    @Test
    void aSignalEndsItWithWhatThereIs() throws IOException {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Outcome atOnce = new CapturedProgram()
                .terminatedAtOnce()
                .run("eval", text(WORDS).toString(), "--model", model.toString());
        assertThat(atOnce.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(atOnce.err()).isEqualTo("tramontane: stopped before a token was scored\n");
        assertThat(atOnce.out()).isEmpty();
    }

    @Test
    void aSignalInTheMiddleLeavesTheFiguresOfWhatWasScored() throws Exception {
        Path model = TinyModel.PLAIN.writeTo(dir);
        Path text = text(WORDS.repeat(500));
        CapturedProgram program = new CapturedProgram();
        AtomicReference<Outcome> outcome = new AtomicReference<>();
        Thread thread = new Thread(() -> outcome.set(program.run(
                "eval", text.toString(), "--model", model.toString(), "--context", "64", "--stride", "1", "--json")));
        thread.start();
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(Evaluation.class.getName())
                                && frame.getMethodName().equals("score")));
        program.terminate();
        thread.join(Duration.ofMinutes(2));
        Outcome stopped = outcome.get();
        assertThat(stopped.code()).isEqualTo(ExitCode.INTERRUPTED);
        JsonNode found = Oracle.parse(stopped.out());
        int tokens = found.get("text").get("tokens").asInt();
        assertThat(stopped.err())
                .isEqualTo("tramontane: stopped; the figures are those of the first " + tokens + " tokens\n");
        assertThat(found.get("text").get("whole").asBoolean()).isFalse();
        assertThat(tokens).isGreaterThanOrEqualTo(64);
        assertThat(found.get("text").get("scored_tokens").asInt()).isEqualTo(tokens - 1);
        assertThat(found.get("result").get("perplexity").asDouble()).isPositive();
    }
}
