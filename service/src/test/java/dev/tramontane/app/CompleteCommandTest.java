package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompleteCommandTest {
    @TempDir
    Path dir;

    @Test
    void continuesATextWithTheRealModel() {
        String model = Fetched.smolLm2().toString();
        Outcome outcome = new CapturedProgram()
                .run(
                        "complete",
                        "--model",
                        model,
                        "-n",
                        "2",
                        "-t",
                        "0",
                        "--context",
                        "256",
                        "The capital of France is");
        assertThat(outcome.err()).as("errors").doesNotContain("tramontane:");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).isEqualTo(" Paris." + System.lineSeparator());
    }

    @Test
    void theSeedDecidesAndStandardInputIsAPrompt() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        String[] sampled = {
            "complete", "--model", model, "-n", "20", "-t", "1", "--top-p", "1", "--seed", "7", "--stats"
        };
        Outcome first = new CapturedProgram().reading("hello").run(sampled);
        Outcome second = new CapturedProgram().reading("hello").run(sampled);
        assertThat(first.code()).isZero();
        assertThat(first.err())
                .containsPattern("^\\d+ prompt tokens, first token after \\d+ ms, \\d+ tokens.*ended by");
        assertThat(second.out()).isEqualTo(first.out());
        sampled[10] = "8";
        assertThat(new CapturedProgram().reading("hello").run(sampled).out()).isNotEqualTo(first.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mistral-window-32-sharded",
                "nemo-head-dim-native",
                "mixtral-8",
                "ministral-mixed",
                "fp8-channel"
            })
    void runsModelsFromDirectories(String name) throws URISyntaxException {
        Path model = Path.of(Objects.requireNonNull(getClass().getResource("/oracle/models/" + name))
                .toURI());
        String[] greedy = {"complete", "--model", model.toString(), "-n", "24", "-t", "0", "--stats", "a b"};
        Outcome first = new CapturedProgram().run(greedy);
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.err()).containsPattern("\\d+ tokens");
        assertThat(first.out()).isNotBlank();
        assertThat(new CapturedProgram().run(greedy).out()).isEqualTo(first.out());
    }

    @Test
    void whatIsWrongIsOneLineAndCodeTwo() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        refused("--temperature must be between 0 and 10, got -1", "complete", "--model", model, "-t", "-1", "hi");
        refused("--max-tokens must be at least 1, got 0", "complete", "--model", model, "-n", "0", "hi");
        refused("'many' is not an int", "complete", "--model", model, "-n", "many", "hi");
        refused("no such file", "complete", "--model", dir + "/absent.gguf", "hi");
        refused("context is 16 tokens", "complete", "--model", model, "--context", "16", "-n", "100", "hi");
        Path cut = dir.resolve("cut.gguf");
        byte[] whole = Files.readAllBytes(Path.of(model));
        Files.write(cut, java.util.Arrays.copyOf(whole, whole.length / 2));
        refused("the file is cut short: download it again", "complete", "--model", cut.toString(), "hi");
    }

    private static void refused(String message, String... args) {
        Outcome outcome = new CapturedProgram().run(args);
        assertThat(outcome.err()).contains(message).hasLineCount(1);
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
    }
}
