package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is foreseen is what the library's own books say, on every backend. */
final class WorkspaceEstimateTest {
    @TempDir
    Path directory;

    static Stream<Arguments> models() {
        return Stream.of(Backend.REF, Backend.CPU, Backend.EMU)
                .flatMap(backend -> Stream.of(
                                "tiny", "tiny-tied", "quantised", "fp8-channel", "mixtral-8", "ministral-mixed")
                        .flatMap(model -> Stream.of(1, 3).map(threads -> Arguments.of(backend, model, threads))));
    }

    @ParameterizedTest
    @MethodSource("models")
    void isWhatTheLibraryHolds(Backend backend, String name, int threads) throws IOException {
        Path path = switch (name) {
            case "tiny" -> TinyModel.PLAIN.withType(DType.BF16).writeTo(directory);
            case "tiny-tied" ->
                TinyModel.PLAIN.withType(DType.Q8_0).withTiedOutput().writeTo(directory);
            case "quantised" -> TinyModel.PLAIN.writeTo(directory);
            default -> OracleModels.named(name).path();
        };
        Optional<DType> quantize = name.equals("quantised") ? Optional.of(DType.Q4_0) : Optional.empty();
        LoadOptions options = new LoadOptions(backend, CpuLevel.AUTO, threads, OptionalInt.empty(), quantize);
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(path), options, (done, total) -> {})) {
            ModelPlan plan = loaded.source().plan(OptionalInt.empty());
            MemoryEstimate weights = MemoryEstimate.of(Kernels.library(), plan, backend, quantize);
            for (int rows : new int[] {16, 512}) {
                List<CacheShape.Group> groups = new ArrayList<>();
                for (int group = 0; group < plan.geometry().groups().size(); group++) {
                    groups.add(new CacheShape.Group(100 + group, 40));
                }
                CacheShape shape = new CacheShape(32, 64, rows, 16, rows, CacheType.F16, groups);
                loaded.model().sizeCache(shape);
                MemoryUse held = loaded.memory();
                assertThat(weights.inPlace()).isEqualTo(held.weightsInPlace());
                assertThat(weights.repacked()).isEqualTo(held.weightsRepacked());
                MemoryUse foreseen = WorkspaceEstimate.of(Kernels.library(), plan.geometry(), backend, shape, threads);
                assertThat(foreseen)
                        .as("%s, %s, %d rows, %d threads", backend, name, rows, threads)
                        .isEqualTo(new MemoryUse(0, 0, held.cache(), held.workspace(), 0));
            }
        }
    }
}
