package dev.tramontane.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.load.SequenceLogits;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A converted file is the same model: bit for bit where the type holds the source's values. */
final class GgufConversionTest {
    @TempDir
    Path dir;

    private Path convert(Path from, OutputType type) throws IOException, InterruptedException {
        Path to = dir.resolve(from.getFileName() + "." + type.label() + ".gguf");
        try (ModelSource source = ModelSource.open(from)) {
            GgufConversion conversion = GgufConversion.of(source, type);
            assertThat(conversion.write(to, false, Kernels.library(), 2, (done, total) -> {}, () -> false))
                    .isTrue();
            assertThat(Files.size(to)).isEqualTo(conversion.bytes());
        }
        return to;
    }

    /** Every source whose values the type holds: F32 holds all but FP8 times a scale, which is rounded once for all. */
    @ParameterizedTest
    @CsvSource({
        "mistral-window-16, BF16",
        "mistral-window-16, F32",
        "mistral-window-16-native, BF16",
        "mistral-window-32-sharded, F16",
        "mistral-window-21, F32",
        "llama-tied, BF16",
        "llama-linear, BF16",
        "nemo-head-dim, BF16",
        "nemo-head-dim-native, F32",
        "ministral-mixed, BF16",
        "mixtral-8, BF16",
        "mixtral-8-native, F32",
        "mixtral-4-window, F32",
        "fp8-tensor, F32",
        "fp8-channel, F32",
        "fp8-tensor-native, F32",
        "ministral3, BF16",
        "ministral3-native, BF16",
        "ministral3.gguf, BF16",
        "ministral3-magnitude, BF16",
        "llama-yarn, BF16",
        "devstral-fp8, F32",
    })
    void logitsAreTheSource(String name, OutputType type) throws IOException, InterruptedException {
        OracleModels.Sample sample = OracleModels.named(name);
        int[] ids = sample.cases().getLast().ids();
        Path file = convert(sample.path(), type);
        assertThat(logits(file, ids)).isEqualTo(logits(sample.path(), ids));
    }

    /** The keys of what gguf-py wrote as llama.cpp's conversion does. */
    @ParameterizedTest
    @ValueSource(strings = {"ministral3", "ministral3-magnitude"})
    void stretchedContextsHaveLlamaCppsKeys(String name) throws IOException, InterruptedException {
        Path file = convert(OracleModels.named(name).path(), OutputType.BF16);
        Path theirs = OracleModels.named(name + ".gguf").path();
        try (GgufFile ours = GgufFile.open(file);
                GgufFile expected = GgufFile.open(theirs)) {
            Map<String, String> keys = new TreeMap<>();
            for (String key : expected.metadata().keys()) {
                if (key.startsWith("mistral3.")) {
                    keys.put(key, expected.metadata().describe(key));
                }
            }
            assertThat(keys).containsKeys("mistral3.rope.scaling.type", "mistral3.attention.temperature_scale");
            assertThat(ours.metadata().string("general.architecture")).isEqualTo("mistral3");
            keys.forEach((key, value) ->
                    assertThat(ours.metadata().describe(key)).as(key).isEqualTo(value));
            assertThat(ours.find("rope_freqs.weight")).isEmpty();
        }
        int[] ids = OracleModels.named(name).cases().getLast().ids();
        assertThat(logits(file, ids)).isEqualTo(logits(theirs, ids));
    }

    /** What llama.cpp's keys for YaRN can't say is written as divisors of the frequencies. */
    @Test
    void otherStretchesAreWrittenAsFactors() throws IOException, InterruptedException {
        Path file = convert(OracleModels.named("llama-yarn").path(), OutputType.BF16);
        try (GgufFile ours = GgufFile.open(file)) {
            assertThat(ours.metadata().has("mistral3.rope.scaling.type")).isFalse();
            assertThat(ours.metadata().describe("mistral3.rope.scaling.attn_factor"))
                    .isEqualTo("0.8");
            assertThat(ours.find("rope_freqs.weight")).isPresent();
        }
    }

    private static float[] logits(Path path, int[] ids) {
        try (LoadedModel loaded = LoadedModel.load(
                Kernels.library(), ModelSource.open(path), LoadOptions.on(Backend.REF), (done, total) -> {})) {
            return SequenceLogits.of(loaded, ids);
        }
    }

    @ParameterizedTest
    @CsvSource({"mistral-window-16", "mistral-window-16-native", "nemo-head-dim-native", "mixtral-8"})
    void tokensAreTheSource(String name) throws IOException, InterruptedException {
        Path from = OracleModels.named(name).path();
        Path file = convert(from, OutputType.Q8_0);
        try (ModelSource source = ModelSource.open(from);
                ModelSource copy = ModelSource.open(file)) {
            Tokenizer theirs = source.tokenizer(source.plan(OptionalInt.empty()));
            Tokenizer ours = copy.tokenizer(copy.plan(OptionalInt.empty()));
            for (String text : List.of(
                    "The mill stands.", "  two  spaces", "Straße 42\n\tübel", "", "[INST] <s>", "\uD83D\uDE42")) {
                assertThat(ours.encode(text)).as(text).isEqualTo(theirs.encode(text));
            }
            assertThat(ours.bos()).isEqualTo(theirs.bos());
            assertThat(ours.addsBos()).isEqualTo(theirs.addsBos());
            assertThat(ours.controlId("[INST]")).isEqualTo(theirs.controlId("[INST]"));
            assertThat(ours.endsGeneration(2)).isTrue();
            assertThat(copy.chat().template()).isEqualTo(source.chat().template());
        }
    }

    static Stream<Arguments> recorded() {
        return Oracle.stream(Oracle.read("convert").get("files"))
                .map(file -> Arguments.of(
                        file.get("name").asString(), file.get("type").asString(), file.get("tensors")));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("recorded")
    void bytesAreGgufPys(String name, String type, JsonNode tensors) throws IOException, InterruptedException {
        Path file = convert(OracleModels.named(name).path(), OutputType.valueOf(type.toUpperCase(Locale.ROOT)));
        Map<String, String> expected = new TreeMap<>();
        tensors.properties().forEach(e -> expected.put(e.getKey(), e.getValue().asString()));
        Map<String, String> found = new TreeMap<>();
        try (GgufFile opened = GgufFile.open(file)) {
            for (GgufTensor tensor : opened.tensors()) {
                if (!tensor.name().equals("rope_freqs.weight")) {
                    found.put(tensor.name(), tensor.type() + " " + digest(tensor));
                }
            }
        }
        assertThat(found).isEqualTo(expected);
    }

    private static String digest(GgufTensor tensor) {
        try {
            byte[] sum =
                    MessageDigest.getInstance("SHA-256").digest(tensor.data().toArray(ValueLayout.JAVA_BYTE));
            return HexFormat.of().formatHex(sum).substring(0, 16);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** llama.cpp's own converter wrote the same weights from Mistral's layout; it does not write the window. */
    @Test
    void llamaCppsFileIsTheSameModel() {
        OracleModels.Sample sample = OracleModels.named("mistral-window-16-native");
        int[] ids = sample.cases().getLast().ids();
        LoadOptions windowed = LoadOptions.on(Backend.REF).withWindow(16);
        try (LoadedModel theirs = LoadedModel.load(
                Kernels.library(), ModelSource.open(llamaCpp("mistral-window-16")), windowed, (d, t) -> {})) {
            assertThat(SequenceLogits.of(theirs, ids)).isEqualTo(logits(sample.path(), ids));
        }
    }

    @ParameterizedTest
    @CsvSource({"mistral-window-16, mistral-window-16-native", "nemo-vocabulary, nemo-head-dim-native"})
    void tokenizerKeysAreLlamaCpps(String theirs, String name) throws IOException, InterruptedException {
        Path file = convert(OracleModels.named(name).path(), OutputType.BF16);
        try (GgufFile expected = GgufFile.open(llamaCpp(theirs));
                GgufFile found = GgufFile.open(file)) {
            for (String key : List.of("tokens", "merges")) {
                String full = "tokenizer.ggml." + key;
                assertThat(found.metadata().isArray(full))
                        .isEqualTo(expected.metadata().isArray(full));
                if (expected.metadata().isArray(full)) {
                    assertThat(found.metadata().strings(full))
                            .as(full)
                            .isEqualTo(expected.metadata().strings(full));
                }
            }
            assertThat(found.metadata().ints("tokenizer.ggml.token_type"))
                    .isEqualTo(expected.metadata().ints("tokenizer.ggml.token_type"));
            for (String key :
                    List.of("ggml.model", "ggml.bos_token_id", "ggml.eos_token_id", "ggml.unknown_token_id")) {
                assertThat(found.metadata().describe("tokenizer." + key))
                        .isEqualTo(expected.metadata().describe("tokenizer." + key));
            }
            if (found.metadata().isArray("tokenizer.ggml.scores")) {
                assertThat(found.metadata().floats("tokenizer.ggml.scores"))
                        .isEqualTo(expected.metadata().floats("tokenizer.ggml.scores"));
            }
        }
    }

    private static Path llamaCpp(String name) {
        try {
            return Path.of(Objects.requireNonNull(
                            GgufConversionTest.class.getResource("/oracle/llama-cpp/" + name + ".gguf"), name)
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Test
    void aConvertedFileConvertsToItself() throws IOException, InterruptedException {
        Path first = convert(OracleModels.named("mixtral-8").path(), OutputType.Q5_1);
        Path second = convert(first, OutputType.Q5_1);
        assertThat(second).hasSameBinaryContentAs(first);
    }

    @Test
    void aQuantisedFileIsDequantisedFirst() throws IOException, InterruptedException {
        OracleModels.Sample sample = OracleModels.named("mixtral-8");
        Path quantised = convert(sample.path(), OutputType.Q4_0);
        int[] ids = sample.cases().getLast().ids();
        assertThat(logits(convert(quantised, OutputType.F32), ids)).isEqualTo(logits(quantised, ids));
    }

    @Test
    void whatIsStoppedLeavesNothing() throws IOException, InterruptedException {
        try (ModelSource source =
                ModelSource.open(OracleModels.named("mixtral-8").path())) {
            GgufConversion conversion = GgufConversion.of(source, OutputType.F32);
            Path to = dir.resolve("stopped.gguf");
            assertThat(conversion.write(to, false, Kernels.library(), 1, (done, total) -> {}, () -> true))
                    .isFalse();
        }
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void replacesOnlyWhenTold() throws IOException, InterruptedException {
        Path there = Files.writeString(dir.resolve("there.gguf"), "old");
        try (ModelSource source =
                ModelSource.open(OracleModels.named("mistral-window-16").path())) {
            GgufConversion conversion = GgufConversion.of(source, OutputType.F32);
            assertThatThrownBy(() -> conversion.write(there, false, Kernels.library(), 1, (d, t) -> {}, () -> false))
                    .isInstanceOf(FileAlreadyExistsException.class);
            assertThat(there).hasContent("old");
            assertThat(conversion.write(there, true, Kernels.library(), 1, (d, t) -> {}, () -> false))
                    .isTrue();
        }
        assertThat(Files.size(there)).isGreaterThan(3);
    }

    @Test
    void rowsOfHeadsChangePlaces() {
        RowOrder order = new RowOrder(8, 6);
        assertThat(Stream.iterate(0, row -> row < 16, row -> row + 1)
                        .map(row -> order.source(row))
                        .toList())
                .containsExactly(0L, 3L, 1L, 4L, 2L, 5L, 6L, 7L, 8L, 11L, 9L, 12L, 10L, 13L, 14L, 15L);
    }
}
