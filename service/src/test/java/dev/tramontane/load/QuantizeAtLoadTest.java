package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.convert.GgufConversion;
import dev.tramontane.convert.OutputType;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A model quantised when it is loaded is the converted file of that type, bit for bit, on every backend. */
@Tag("backends")
final class QuantizeAtLoadTest {
    @TempDir
    Path dir;

    static Stream<Arguments> typesAndBackends() {
        return Stream.of(OutputType.Q8_0, OutputType.Q4_0, OutputType.BF16)
                .flatMap(type -> Kernels.backends().map(backend -> Arguments.of(type, backend)));
    }

    @ParameterizedTest
    @MethodSource("typesAndBackends")
    void logitsAreTheConvertedFiles(OutputType type, Backend backend) throws IOException, InterruptedException {
        List<Path> sources = new ArrayList<>();
        sources.add(TinyModel.PLAIN.withType(Kernels.matrices()).writeTo(dir));
        List<String> names = new ArrayList<>(List.of("mistral-window-21", "mixtral-4-window"));
        if (type != OutputType.BF16) {
            names.addAll(List.of("mixtral-8", "llama-tied"));
        }
        OracleModels.on(backend)
                .filter(sample -> names.contains(sample.name()))
                .forEach(sample -> sources.add(sample.path()));
        for (Path from : sources) {
            Path file = dir.resolve(from.getFileName() + "-converted.gguf");
            try (ModelSource source = ModelSource.open(from)) {
                GgufConversion.of(source, type)
                        .write(file, false, Kernels.library(), 1, (done, total) -> {}, () -> false);
            }
            int[] ids = new Random(1).ints(40, 0, 250).toArray();
            LoadOptions plain = LoadOptions.on(backend);
            float[] converted = logits(file, ids, plain);
            assertThat(logits(from, ids, plain.quantizedTo(type.type()))).isEqualTo(converted);
            assertThat(logits(from, ids, plain)).isNotEqualTo(converted);
        }
    }

    private static float[] logits(Path path, int[] ids, LoadOptions options) {
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(path), options, (done, total) -> {})) {
            return SequenceLogits.of(loaded, ids);
        }
    }

    @Test
    void whatIsQuantisedAlreadyIsRefused() throws IOException {
        Path file = TinyModel.PLAIN.withType(DType.Q4_0).writeTo(dir);
        assertThatThrownBy(() -> LoadedModel.load(
                        Kernels.library(),
                        ModelSource.open(file),
                        LoadOptions.on(Backend.REF).quantizedTo(DType.Q8_0),
                        (done, total) -> {}))
                .isInstanceOf(ModelFileException.class)
                .hasMessage(file + ": there is nothing to quantise to Q8_0: the matrices are Q4_0, expected unquantised"
                        + " weights of another type; leave --quantize out, or take the model's F16 or BF16 files");
    }

    @Test
    void memoryIsForeseen() throws IOException {
        Path file = TinyModel.PLAIN.withType(Kernels.matrices()).writeTo(dir);
        for (Backend backend : Kernels.backends().toList()) {
            for (DType type : new DType[] {DType.Q8_0, DType.Q4_0, DType.BF16}) {
                try (LoadedModel loaded = LoadedModel.load(
                        Kernels.library(),
                        ModelSource.open(file),
                        LoadOptions.on(backend).quantizedTo(type),
                        (done, total) -> {})) {
                    ModelPlan plan = loaded.source().plan(OptionalInt.empty());
                    MemoryEstimate estimate = MemoryEstimate.of(Kernels.library(), plan, backend, Optional.of(type));
                    assertThat(loaded.memory().weightsInPlace())
                            .as("%s on %s", type, backend)
                            .isEqualTo(estimate.inPlace());
                    assertThat(loaded.memory().weightsRepacked())
                            .as("%s on %s", type, backend)
                            .isEqualTo(estimate.repacked());
                }
            }
        }
    }
}
