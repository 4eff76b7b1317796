package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers over devices: by what each has free, said beforehand, planned for each, and the same tokens. */
class DeviceSplitTest {
    private static final long GIB = 1L << 30;
    private static final TinyModel MODEL = new TinyModel(12, 0, 4096, DType.BF16, false, 1);

    @TempDir
    Path directory;

    @Test
    void thingsGoWhereTheyBurdenLeast() {
        assertThat(DeviceSplit.apportion(32, new long[] {10, 10})).containsExactly(16, 16);
        assertThat(DeviceSplit.apportion(32, new long[] {30, 10})).containsExactly(24, 8);
        assertThat(DeviceSplit.apportion(33, new long[] {10, 10, 10})).containsExactly(11, 11, 11);
        assertThat(DeviceSplit.apportion(4, new long[] {100, -5, 0})).containsExactly(2, 1, 1);
        assertThat(DeviceSplit.apportion(2, new long[] {1, 1 << 30})).containsExactly(1, 1);
    }

    @Test
    void layersAreDividedByFreeMemoryAndSaidInALine() throws IOException {
        DeviceSplit split = split(device(0, 24 * GIB), device(1, 8 * GIB));
        assertThat(split.layers()).containsExactly(new LayerRange(0, 9), new LayerRange(9, 12));
        assertThat(split.text())
                .isEqualTo(
                        "layers 0 to 8 on GPU 0, NVIDIA L4, 24.0 GiB; layers 9 to 11 and the head on GPU 1, NVIDIA L4,"
                                + " 24.0 GiB");
        Device both = device(0, 24 * GIB);
        assertThat(split(both, both).layers()).containsExactly(new LayerRange(0, 6), new LayerRange(6, 12));
        Device[] many = new Device[13];
        Arrays.setAll(many, i -> device(i, GIB));
        assertThatThrownBy(() -> split(many))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("names 13 devices, and the model has 12 layers");
    }

    @Test
    void everyDeviceHasRoomForItsPart() throws IOException {
        Device small = device(0, 128 << 20);
        Device large = device(1, 512 << 20);
        MemoryPlan most = plan(asked(Setting.MAX_BATCH, "256").on(BackendChoice.CUDA, List.of(small, large)));
        assertThat(most.excess()).isEmpty();
        assertThat(most.shares())
                .hasSize(2)
                .allSatisfy(share -> assertThat(share.missing()).isLessThanOrEqualTo(0));
        assertThat(most.shares().stream().mapToLong(DeviceShare::needed).sum())
                .isEqualTo(most.sum().deviceBytes());
        Configuration tooMuch = asked(Setting.MAX_BATCH, "256", Setting.CACHE_MEMORY, "1GiB");
        String excess = plan(tooMuch.on(BackendChoice.CUDA, List.of(small, large)))
                .excess()
                .orElseThrow();
        assertThat(excess).contains(" of GPU ").containsPattern("give --cache-memory at most \\d+MiB$");
        String fits = excess.replaceFirst(".* at most (\\d+MiB)$", "$1");
        assertThat(plan(asked(Setting.MAX_BATCH, "256", Setting.CACHE_MEMORY, fits)
                                .on(BackendChoice.CUDA, List.of(small, large)))
                        .excess())
                .isEmpty();
    }

    /** It is on the device of the head, which takes fewer layers for it; both devices then have room for a cache that was asked for. */
    @Test
    void aDraftModelIsCountedWhereItLives() throws IOException {
        TinyModel large = new TinyModel(24, 0, 4096, DType.BF16, false, 2);
        Configuration alone = asked(Setting.MAX_BATCH, "2", Setting.CONTEXT, "4096", Setting.CACHE_MEMORY, "24MiB");
        Configuration drafted = alone.drafting(large.writeTo(Files.createDirectory(directory.resolve("draft"))));
        Device[] roomy = {device(0, GIB), device(1, GIB)};
        long needed = plan(drafted.on(BackendChoice.CUDA, List.of(roomy))).sum().deviceBytes();
        Device[] tight = {device(0, needed * 7 / 10), device(1, needed * 7 / 10)};
        assertThat(split(alone, tight).layers()).containsExactly(new LayerRange(0, 6), new LayerRange(6, 12));
        DeviceSplit split = split(drafted, tight);
        assertThat(split.layers().getFirst().size())
                .as(plan(drafted.on(BackendChoice.CUDA, List.of(roomy))).sum().text())
                .isBetween(7, 11);
        MemoryPlan plan = plan(drafted.on(BackendChoice.CUDA, List.of(tight)));
        assertThat(plan.excess()).isEmpty();
        assertThat(plan.shares().stream().mapToLong(DeviceShare::needed).sum())
                .isEqualTo(plan.sum().deviceBytes());
    }

    /** To the byte: what the kernels' books say of all stages and the head. */
    @Test
    void whatIsPlannedIsWhatIsHeld() throws IOException {
        Configuration placed = onEmulated("0,1");
        try (ModelSource source = ModelSource.open(MODEL.writeTo(directory))) {
            ModelPlan model = source.plan(OptionalInt.empty());
            MemoryPlan memory = MemoryPlan.of(Kernels.library(), model, placed, MemoryLimit.ofProcess(), 1, GIB);
            try (LoadedModel loaded = LoadedModel.load(
                    Kernels.library(),
                    ModelSource.open(MODEL.writeTo(directory)),
                    Models.placed(placed, OptionalInt.empty(), Optional.empty()),
                    DeviceSplit.chain(Kernels.library(), source, placed),
                    (done, total) -> {})) {
                loaded.model().sizeCache(memory.sizing().plan().shape());
                long held = loaded.memory().weightsRepacked()
                        + loaded.memory().cache()
                        + loaded.memory().workspace()
                        + loaded.memory().adapters();
                assertThat(memory.sum().deviceBytes()).isEqualTo(held);
            }
        }
    }

    @Test
    void tokensAreThoseOfOneDevice() throws IOException {
        List<Integer> one = tokens("0");
        assertThat(tokens("0,0")).isEqualTo(one);
        assertThat(tokens("1,0,1")).isEqualTo(one);
    }

    @Test
    void inspectAndServeSayIt() throws IOException {
        String model = MODEL.writeTo(directory).toString();
        Outcome inspected = new CapturedProgram()
                .run("inspect", "--model", model, "--backend", "emu", "--device", "0,1", "--context", "64");
        assertThat(inspected.code()).as(inspected.err()).isZero();
        assertThat(inspected.out()).contains("layers 0 to ").contains(" and the head on GPU 1, emulated device");
        Outcome served = new CapturedProgram()
                .run("serve", "--model", model, "--backend", "emu", "--device", "0,2", "--port", "0");
        assertThat(served.code()).isEqualTo(2);
        assertThat(served.err()).startsWith("tramontane: --device 0,2 (2): there is no such device; there are 0 (emul");
    }

    @Test
    void aRunningModelTellsOfTheDevicesThatCompute() throws IOException {
        for (String devices : List.of("1", "1,0,1")) {
            Configuration asked = asked(Setting.BACKEND, "emu", Setting.DEVICE, devices, Setting.CONTEXT, "64")
                    .withModel(MODEL.writeTo(directory));
            try (RunningModel running = RunningModel.open(asked, Environment.ofProcess(), EngineObserver.NONE)) {
                assertThat(running.description()).contains("backend emu (emulated device 1: ");
                assertThat(running.description().contains("; emulated device 0: "))
                        .isEqualTo(devices.contains("0"));
            }
        }
    }

    private List<Integer> tokens(String devices) throws IOException {
        Configuration placed = onEmulated(devices);
        try (ModelSource source = ModelSource.open(MODEL.writeTo(directory));
                LoadedModel loaded = LoadedModel.load(
                        Kernels.library(),
                        ModelSource.open(MODEL.writeTo(directory)),
                        Models.placed(placed, OptionalInt.empty(), Optional.empty()),
                        DeviceSplit.chain(Kernels.library(), source, placed),
                        (done, total) -> {})) {
            loaded.model()
                    .sizeCache(new CacheShape(16, 1, 8, 1, 1, CacheType.F16, List.of(new CacheShape.Group(4, 4))));
            StepBatch batch = loaded.model().newBatch();
            List<Integer> tokens = new ArrayList<>(List.of(7));
            for (int at = 0; at < 10; at++) {
                batch.clear();
                for (int entry = 0; at == 0 && entry < 4; entry++) {
                    batch.addEdit(0, 0, entry, entry);
                }
                batch.addSpan(0, at);
                batch.addRow(tokens.getLast());
                batch.addDraw(0, 0, at + 1, Sampling.NEUTRAL.withSeed(4));
                loaded.model().run(batch);
                tokens.add(batch.resultToken(0));
            }
            return tokens;
        }
    }

    private static Configuration onEmulated(String devices) {
        return new Devices(Kernels.library()::devices, Kernels.library()::opened, backend -> Optional.empty())
                .choose(asked(Setting.BACKEND, "emu", Setting.DEVICE, devices, Setting.CONTEXT, "64"))
                .configuration();
    }

    /** @param free what is left beside the driver's */
    private static Device device(int index, long free) {
        return new Device(
                index, "NVIDIA L4", "GPU-" + index, true, 24 * GIB, OptionalLong.of(free + DeviceRoom.DRIVER));
    }

    private DeviceSplit split(Device... devices) throws IOException {
        return split(asked(Setting.DEVICE, "0,1,2"), devices);
    }

    private DeviceSplit split(Configuration configuration, Device... devices) throws IOException {
        try (ModelSource source = ModelSource.open(MODEL.writeTo(directory))) {
            return DeviceSplit.of(
                    Kernels.library(),
                    source.plan(OptionalInt.empty()),
                    configuration.on(BackendChoice.CUDA, List.of(devices)));
        }
    }

    private MemoryPlan plan(Configuration configuration) throws IOException {
        MemoryLimit limit = new MemoryLimit(List.of(new MemoryLimit.Bound("the machine", 24 * GIB, 20 * GIB, false)));
        try (ModelSource source = ModelSource.open(MODEL.writeTo(directory))) {
            return MemoryPlan.of(Kernels.library(), source.plan(OptionalInt.empty()), configuration, limit, 2, GIB);
        }
    }

    private static Configuration asked(Object... pairs) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (int i = 0; i < pairs.length; i += 2) {
            flags.put((Setting) pairs[i], (String) pairs[i + 1]);
        }
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }
}
