package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.registry.Footprint;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What models may have together: of the machine, of each device, and by {@code --model-memory}. */
final class ModelMemoryTest {
    private static final long GIB = 1L << 30;
    private static final TinyModel MODEL = new TinyModel(12, 0, 4096, DType.BF16, false, 1);

    @TempDir
    Path directory;

    private static ModelMemory memory(OptionalLong most, List<DeviceRoom> rooms) {
        return memory(most, rooms, false);
    }

    private static ModelMemory memory(OptionalLong most, List<DeviceRoom> rooms, boolean emulated) {
        MemoryLimit machine = new MemoryLimit(List.of(new Bound("the machine", 64 * GIB, 48 * GIB, false)));
        return new ModelMemory(most, rooms, emulated, () -> machine, GIB);
    }

    private static DeviceRoom room(int index, String allowed) {
        Device device = new Device(
                index, "NVIDIA L4", "GPU-" + index, true, 24 * GIB, OptionalLong.of(22 * GIB + DeviceRoom.DRIVER));
        return new DeviceRoom(device, GpuMemory.of(allowed));
    }

    private static Footprint onDevices(long... gibibytes) {
        Map<String, Long> devices = new HashMap<>();
        for (int i = 0; i < gibibytes.length; i++) {
            devices.put("GPU-" + i, gibibytes[i] * GIB);
        }
        return new Footprint(GIB, 0, devices);
    }

    @Test
    void aDeviceHoldsNoMoreOfAllThanOfOne() {
        ModelMemory memory = memory(OptionalLong.empty(), List.of(room(0, "1")));
        assertThat(memory.missing(List.of(onDevices(22)))).isNotPositive();
        assertThat(memory.missing(List.of(onDevices(23)))).isEqualTo(GIB);
        assertThat(memory.missing(List.of(onDevices(11), onDevices(11)))).isNotPositive();
        assertThat(memory.missing(List.of(onDevices(15), onDevices(15)))).isEqualTo(8 * GIB);
        assertThat(memory(OptionalLong.empty(), List.of(room(0, "12GiB"))).missing(List.of(onDevices(15))))
                .isEqualTo(3 * GIB);
    }

    /** What one has left is of no use to what is on the other. */
    @Test
    void ofSeveralDevicesEachHasToHaveRoom() {
        ModelMemory memory = memory(OptionalLong.empty(), List.of(room(0, "1"), room(1, "12GiB")));
        assertThat(memory.missing(List.of(onDevices(20, 12)))).isNotPositive();
        List<Footprint> uneven = List.of(onDevices(4, 7), onDevices(4, 8));
        assertThat(memory.missing(uneven)).isEqualTo(3 * GIB);
        assertThat(memory.lacking(uneven))
                .startsWith(
                        "15.0 GiB of GPU 1, NVIDIA L4, 24.0 GiB, where 12.0 GiB can be had (--gpu-memory 12.0 GiB;");
        assertThat(memory.missing(List.of(onDevices(23), onDevices(0, 1)))).isEqualTo(GIB);
        assertThat(memory.missing(List.of(onDevices(22), onDevices(0, 12)))).isNotPositive();
    }

    @Test
    void whatIsNotOnTheDeviceDoesNotCountThere() {
        ModelMemory memory = memory(OptionalLong.empty(), List.of(room(0, "1")));
        assertThat(memory.missing(List.of(new Footprint(30 * GIB, 10 * GIB, Map.of()))))
                .isNotPositive();
        List<Footprint> large = List.of(new Footprint(50 * GIB, 0, Map.of("GPU-0", 22 * GIB)));
        assertThat(memory.missing(large)).isGreaterThan(2 * GIB);
        assertThat(memory.lacking(large)).contains(" with the Java heap of the machine, which has 48.0 GiB free");
    }

    @Test
    void anEmulatedDevicesMemoryIsTheMachines() {
        List<DeviceRoom> rooms = List.of(room(0, "1"), room(1, "1"), room(2, "1"));
        List<Footprint> three = List.of(onDevices(20, 20, 20));
        assertThat(memory(OptionalLong.empty(), rooms).missing(three)).isNotPositive();
        assertThat(memory(OptionalLong.empty(), rooms, true).missing(three)).isGreaterThan(14 * GIB);
    }

    @Test
    void withoutADeviceTheMachineAndWhatIsAllowedBound() {
        assertThat(memory(OptionalLong.empty(), List.of()).missing(List.of(onDevices(100))))
                .isNotPositive();
        ModelMemory allowed = memory(OptionalLong.of(20 * GIB), List.of(room(0, "1")));
        assertThat(allowed.missing(List.of(onDevices(20)))).isEqualTo(GIB);
        assertThat(allowed.lacking(List.of(onDevices(20)))).isEqualTo("21.0 GiB, where --model-memory is 20.0 GiB");
    }

    /** By the plan of one model: all that its parts need of each device, and what is left is the process' own. */
    @Test
    void whatAModelTakesOfEachDeviceIsWhatIsPlannedForIt() throws IOException {
        for (BackendChoice backend : List.of(BackendChoice.CUDA, BackendChoice.EMU)) {
            List<DeviceRoom> rooms = List.of(room(0, "1"), room(1, "1"));
            Configuration placed = asked(Map.of(Setting.CONTEXT, "64"))
                    .on(backend, rooms.stream().map(DeviceRoom::device).toList());
            MemoryPlan plan = plan(placed);
            Footprint footprint = ModelMemory.of(plan);
            assertThat(footprint.devices()).containsOnlyKeys("GPU-0", "GPU-1");
            for (DeviceShare share : plan.shares()) {
                assertThat(footprint.of(share.room().device().uuid())).isEqualTo(share.needed());
            }
            assertThat(footprint.own())
                    .as(backend + ": rows between stages and what else is the host's")
                    .isEqualTo(plan.sum().bytes("stage_rows_bytes"));
            assertThat(footprint.everything())
                    .isEqualTo(plan.sum().bytes() - plan.sum().bytes("heap_bytes") - MemorySum.JVM);
        }
        MemoryPlan onHost = plan(asked(Map.of(Setting.CONTEXT, "64", Setting.BACKEND, "cpu")));
        assertThat(ModelMemory.of(onHost).devices()).isEmpty();
        assertThat(ModelMemory.of(onHost).own()).isEqualTo(onHost.sum().bytesOfModel());
    }

    @Test
    void modelsThatOneDeviceHasNoRoomForTogetherAreRefusedByItsName() throws IOException {
        List<String> each = List.of("--backend", "emu", "--device", "0,1", "--context", "64", "--cache-memory", "1MiB");
        long share = plan(Devices.choose(
                                Kernels.library(),
                                ModelSource.open(MODEL.writeTo(directory)).plan(OptionalInt.empty()),
                                asked(Map.of(
                                        Setting.BACKEND,
                                        "emu",
                                        Setting.DEVICE,
                                        "0,1",
                                        Setting.CONTEXT,
                                        "64",
                                        Setting.CACHE_MEMORY,
                                        "1MiB")))
                        .configuration())
                .shares()
                .stream()
                .mapToLong(DeviceShare::needed)
                .max()
                .orElseThrow();
        List<String> command = new ArrayList<>(List.of("serve", "--port", "0", "--load", "all"));
        command.addAll(each);
        command.addAll(List.of("--gpu-memory", ((3 * share / 2) >> 20) + "MiB"));
        command.add("a=" + MODEL.writeTo(directory));
        command.add("b=" + MODEL.withSeed(2).writeTo(directory));
        Outcome refused = new CapturedProgram().run(command.toArray(String[]::new));
        assertThat(refused.code()).as(refused.err()).isEqualTo(2);
        assertThat(refused.err())
                .contains("--load: a, b do not fit into the memory for models together: they take ")
                .containsPattern(" of GPU [01], emulated device, .*, where ");
    }

    private static Configuration asked(Map<Setting, String> flags) {
        return Configuration.of(Settings.of(new EnumMap<>(flags), Map.of(), Map.of(), ""));
    }

    private MemoryPlan plan(Configuration configuration) throws IOException {
        MemoryLimit limit = new MemoryLimit(List.of(new Bound("the machine", 24 * GIB, 20 * GIB, false)));
        try (ModelSource source = ModelSource.open(MODEL.writeTo(directory))) {
            return MemoryPlan.of(Kernels.library(), source.plan(OptionalInt.empty()), configuration, limit, 2, GIB);
        }
    }
}
