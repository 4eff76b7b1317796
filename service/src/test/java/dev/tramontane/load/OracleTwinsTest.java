package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Models that the official conversion put into both layouts: experts, head sizes and FP8 included. */
@Tag("backends")
final class OracleTwinsTest {
    private static final int LENGTH = 40;

    @TempDir
    Path directory;

    static Stream<Arguments> twins() {
        return onBackends(
                "mistral-window-16",
                "nemo-head-dim",
                "mixtral-8",
                "fp8-tensor",
                "ministral3",
                "ministral3-magnitude",
                "devstral-fp8");
    }

    @ParameterizedTest
    @MethodSource("twins")
    void bothLayoutsGiveTheSameBits(Backend backend, String name) throws IOException, URISyntaxException {
        float[] huggingFace = logits(backend, name);
        float[] mistrals = logits(backend, name + "-native");
        assertThat(huggingFace).isEqualTo(mistrals).doesNotContain(Float.NaN);
    }

    @ParameterizedTest
    @MethodSource("estimated")
    void theEstimateIsWhatTheKernelsHold(Backend backend, String name) throws IOException, URISyntaxException {
        try (LoadedModel loaded = load(backend, name)) {
            ModelPlan plan = loaded.source().plan(OptionalInt.empty());
            MemoryEstimate estimate = MemoryEstimate.of(Kernels.library(), plan, backend);
            assertThat(estimate.inPlace()).isEqualTo(loaded.memory().weightsInPlace());
            assertThat(estimate.repacked()).isEqualTo(loaded.memory().weightsRepacked());
        }
    }

    static Stream<Arguments> estimated() {
        return onBackends("llama-tied", "ministral-mixed", "mixtral-4-window", "fp8-tensor", "fp8-channel");
    }

    private static Stream<Arguments> onBackends(String... names) {
        return Kernels.backends()
                .flatMap(backend -> OracleModels.on(backend)
                        .map(OracleModels.Sample::name)
                        .filter(List.of(names)::contains)
                        .map(name -> Arguments.of(backend, name)));
    }

    private float[] logits(Backend backend, String name) throws IOException, URISyntaxException {
        try (LoadedModel loaded = load(backend, name)) {
            return SequenceLogits.of(
                    loaded, new Random(3).ints(LENGTH, 0, TinyDirectory.TOKENS).toArray());
        }
    }

    /** Of a copy whose tokenizer is the same in both layouts. */
    private LoadedModel load(Backend backend, String name) throws IOException, URISyntaxException {
        Path copy = Files.createDirectories(directory.resolve(name));
        TinyDirectory.copyTokenizer(copy);
        Path model = Path.of(Objects.requireNonNull(getClass().getResource("/oracle/models/" + name))
                .toURI());
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.toList()) {
                String last = String.valueOf(file.getFileName());
                if (!last.contains("token") && !last.contains("tekken")) {
                    Files.copy(file, copy.resolve(last));
                }
            }
        }
        LoadOptions options = new LoadOptions(backend, CpuLevel.AUTO, 1, OptionalInt.empty());
        return LoadedModel.load(Kernels.library(), ModelSource.open(copy), options, (done, total) -> {});
    }
}
