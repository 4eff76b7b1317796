package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.kernels.Device;
import dev.tramontane.registry.Footprint;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What models may have together: of the machine, of a device, and by {@code --model-memory}. */
final class ModelMemoryTest {
    private static final long GIB = 1L << 30;

    private static ModelMemory memory(OptionalLong most, List<DeviceRoom> rooms) {
        MemoryLimit machine = new MemoryLimit(List.of(new Bound("the machine", 64 * GIB, 48 * GIB, false)));
        return new ModelMemory(most, rooms, () -> machine, GIB);
    }

    private static List<DeviceRoom> room(String allowed) {
        Device device =
                new Device(0, "NVIDIA L4", "GPU-1", true, 24 * GIB, OptionalLong.of(22 * GIB + DeviceRoom.DRIVER));
        return List.of(new DeviceRoom(device, GpuMemory.of(allowed)));
    }

    private static Footprint onDevice(long gibibytes) {
        return new Footprint(GIB, 0, gibibytes * GIB);
    }

    @Test
    void aDeviceHoldsNoMoreOfAllThanOfOne() {
        ModelMemory memory = memory(OptionalLong.empty(), room("1"));
        assertThat(memory.missing(List.of(onDevice(22)))).isNotPositive();
        assertThat(memory.missing(List.of(onDevice(23)))).isEqualTo(GIB);
        assertThat(memory.missing(List.of(onDevice(11), onDevice(11)))).isNotPositive();
        assertThat(memory.missing(List.of(onDevice(15), onDevice(15)))).isEqualTo(8 * GIB);
        assertThat(memory(OptionalLong.empty(), room("12GiB")).missing(List.of(onDevice(15))))
                .isEqualTo(3 * GIB);
    }

    @Test
    void severalDevicesHaveTheirSum() {
        List<DeviceRoom> two = List.of(room("1").getFirst(), room("12GiB").getFirst());
        assertThat(memory(OptionalLong.empty(), two).missing(List.of(onDevice(20), onDevice(20))))
                .isEqualTo(6 * GIB);
    }

    @Test
    void whatIsNotOnTheDeviceDoesNotCountThere() {
        ModelMemory memory = memory(OptionalLong.empty(), room("1"));
        assertThat(memory.missing(List.of(new Footprint(30 * GIB, 10 * GIB, 0))))
                .isNotPositive();
        assertThat(memory.missing(List.of(new Footprint(50 * GIB, 0, 22 * GIB))))
                .isGreaterThan(2 * GIB);
    }

    @Test
    void withoutADeviceTheMachineAndWhatIsAllowedBound() {
        assertThat(memory(OptionalLong.empty(), List.of()).missing(List.of(onDevice(100))))
                .isNotPositive();
        assertThat(memory(OptionalLong.of(20 * GIB), room("1")).missing(List.of(onDevice(20))))
                .isEqualTo(GIB);
    }
}
