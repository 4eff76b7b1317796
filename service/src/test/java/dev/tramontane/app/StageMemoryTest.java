package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LocalStage;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.stages.StageBuffers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stage's process takes of its layers is planned as a whole model is, and refused where it isn't there. */
final class StageMemoryTest {
    private static final long GIB = 1L << 30;
    private static final long HEAP = 2 * GIB;
    private static final LayerRange LAYERS = new LayerRange(1, 3);

    /** A step of 512 rows, 1 GiB of cache in three layers. */
    private static final CacheShape SHAPE = new CacheShape(
            32,
            4,
            512,
            4,
            4,
            CacheType.F16,
            List.of(new CacheShape.Group((int) (GIB / (3 * 32 * 2 * 2 * 2 * 16)), 64)),
            new AdapterRoom(2, 8, Adapter.Type.F32));

    @TempDir
    Path directory;

    private StageMemory memory(Configuration placed) throws IOException {
        try (ModelSource source =
                ModelSource.open(TinyModel.PLAIN.withType(DType.Q8_0).writeTo(directory))) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            return StageMemory.of(Kernels.library(), plan, LAYERS, placed, Optional.empty(), SHAPE, HEAP);
        }
    }

    private static Configuration asked(Map<Setting, String> flags) {
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }

    private static MemoryLimit machine(long free) {
        return new MemoryLimit(List.of(new Bound("the machine", 24 * GIB, free, false)));
    }

    /** To the byte: by the kernels' own books, and by what a session takes of its server's rows. */
    @Test
    void whatIsPlannedIsWhatIsHeld() throws IOException {
        Configuration placed = asked(Map.of(Setting.BACKEND, "cpu", Setting.THREADS, "1"));
        StageMemory memory = memory(placed);
        try (ModelSource source =
                ModelSource.open(TinyModel.PLAIN.withType(DType.Q8_0).writeTo(directory))) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            LoadOptions options = Models.placed(placed, OptionalInt.empty(), Optional.empty());
            try (LocalStage stage = LocalStage.load(Kernels.library(), plan, LAYERS, options, (done, total) -> {})) {
                CacheShape few = new CacheShape(
                        32, 4, 512, 4, 4, CacheType.F16, List.of(new CacheShape.Group(8, 4)), SHAPE.adapters());
                stage.sizeCache(few);
                MemoryUse held = stage.memoryUse();
                StageMemory planned =
                        StageMemory.of(Kernels.library(), plan, LAYERS, placed, Optional.empty(), few, HEAP);
                long rows = 512L * TinyModel.WIDTH * Float.BYTES;
                long page = 2L * 2 * TinyModel.KV_HEADS * TinyModel.HEAD_DIM * 32 * 2;
                StageBuffers buffers = StageBuffers.of(plan.geometry(), LAYERS, few);
                assertThat(buffers).isEqualTo(new StageBuffers(rows, rows, page));
                assertThat(StageBuffers.of(plan.geometry(), new LayerRange(0, 1), few)
                                .input())
                        .isZero();
                assertThat(planned.sum().bytes() - HEAP - MemorySum.JVM - buffers.bytes())
                        .isEqualTo(held.weightsRepacked() + held.cache() + held.workspace() + held.adapters());
            }
        }
        assertThat(memory.sum().bytes("cache_bytes")).isGreaterThan(GIB / 2);
    }

    @Test
    void whatTheMachineLacksIsRefusedWithTheSum() throws IOException {
        StageMemory memory = memory(asked(Map.of(Setting.BACKEND, "cpu")));
        long needed = memory.sum().bytes();
        assertThat(memory.excess(machine(needed))).isEmpty();
        assertThat(memory.excess(machine(needed - 1)).orElseThrow())
                .startsWith("layers 1 to 2 take ")
                .contains(" of the machine, which has 24.0 GiB, ")
                .contains("workspace of a step ")
                .contains("rows and pages on their way ")
                .contains("Java heap at most 2.0 GiB")
                .endsWith("; give the server less --cache-memory, or this stage fewer layers (--stage-layers)");
    }

    @Test
    void whatItsDeviceLacksIsRefusedByTheDevicesName() throws IOException {
        for (BackendChoice backend : List.of(BackendChoice.CUDA, BackendChoice.EMU)) {
            Device roomy = new Device(1, "NVIDIA L4", "GPU-1", true, 24 * GIB, OptionalLong.of(20 * GIB));
            StageMemory memory = memory(asked(Map.of()).on(backend, List.of(roomy)));
            assertThat(memory.excess(machine(20 * GIB))).isEmpty();
            long needed = memory.sum().deviceBytes();
            for (int lacking = 0; lacking < 2; lacking++) {
                Device tight = new Device(
                        1, "NVIDIA L4", "GPU-1", true, 24 * GIB, OptionalLong.of(needed - lacking + DeviceRoom.DRIVER));
                Optional<String> excess =
                        memory(asked(Map.of()).on(backend, List.of(tight))).excess(machine(20 * GIB));
                assertThat(excess.isPresent()).as("%s, %d", backend, lacking).isEqualTo(lacking == 1);
                excess.ifPresent(said -> assertThat(said).contains(" of GPU 1, NVIDIA L4, 24.0 GiB, where "));
            }
        }
    }

    @Test
    void weightsThatAreNotThereAreRefusedBeforeTheyAreLoaded() throws IOException {
        try (ModelSource source =
                ModelSource.open(TinyModel.PLAIN.withType(DType.Q8_0).writeTo(directory))) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            StageMemory weights = StageMemory.ofWeights(
                    Kernels.library(), plan, LAYERS, asked(Map.of(Setting.BACKEND, "cpu")), Optional.empty(), HEAP);
            assertThat(weights.sum().bytes("weights_repacked_bytes")).isPositive();
            long needed = weights.sum().bytes();
            assertThat(weights.excess(machine(needed))).isEmpty();
            assertThat(weights.excess(machine(needed - 1))).isPresent();
            assertThat(StageMemory.ofWeights(
                                    Kernels.library(),
                                    plan,
                                    LAYERS,
                                    asked(Map.of(Setting.BACKEND, "ref")),
                                    Optional.empty(),
                                    HEAP)
                            .sum()
                            .bytes("weights_repacked_bytes"))
                    .isLessThan(needed - HEAP - MemorySum.JVM);
        }
    }
}
