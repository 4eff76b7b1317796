package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who computes, by what is asked for, what is there and what the model needs. */
class DevicesTest {
    private static final long GIB = 1L << 30;
    private static final Device OLD =
            new Device(0, "Tesla P4", "GPU-11111111-aaaa", false, 8 * GIB, OptionalLong.empty());
    private static final Device FIRST =
            new Device(1, "NVIDIA L4", "GPU-22222222-bbbb", true, 24 * GIB, OptionalLong.empty());
    private static final Device SECOND =
            new Device(2, "NVIDIA H200", "GPU-22333333-cccc", true, 140 * GIB, OptionalLong.empty());

    private static Configuration asked(Object... pairs) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (int i = 0; i < pairs.length; i += 2) {
            flags.put((Setting) pairs[i], (String) pairs[i + 1]);
        }
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }

    private static Device opened(Backend backend, Device device) {
        return new Device(
                device.index(),
                device.name(),
                device.uuid(),
                device.usable(),
                device.totalBytes(),
                OptionalLong.of(device.totalBytes() - GIB));
    }

    private static Devices.Choice choose(List<Device> devices, @Nullable String lack, Object... pairs) {
        return new Devices(
                        backend -> backend == Backend.CUDA ? devices : List.of(),
                        DevicesTest::opened,
                        backend -> Optional.ofNullable(lack))
                .choose(asked(pairs));
    }

    @Test
    void autoTakesTheFirstThatCanBeUsedAndSaysSo() {
        Devices.Choice choice = choose(List.of(OLD, FIRST, SECOND), null);
        assertThat(choice.configuration().compute().backend()).isEqualTo(BackendChoice.CUDA);
        assertThat(choice.configuration().compute().on()).containsExactly(opened(Backend.CUDA, FIRST));
        assertThat(choice.note())
                .contains(
                        "computing on GPU 1, NVIDIA L4, 24.0 GiB, which is there (--backend cpu computes on the CPU)");
        assertThat(Models.backend(choice.configuration())).isEqualTo(Backend.CUDA);
    }

    @Test
    void autoIsTheCpuWhereNoDeviceCanBeUsed() {
        for (List<Device> none : List.of(List.<Device>of(), List.of(OLD))) {
            Devices.Choice choice = choose(none, null);
            assertThat(choice.configuration().compute().backend()).isEqualTo(BackendChoice.CPU);
            assertThat(choice.note()).isEmpty();
        }
    }

    @Test
    void autoIsTheCpuForAModelThatTheDeviceDoesNotTakeAndSaysWhy() {
        Devices.Choice choice = choose(List.of(FIRST), "it does not compute weights of F32 as output");
        assertThat(choice.configuration().compute().backend()).isEqualTo(BackendChoice.CPU);
        assertThat(choice.configuration().compute().on()).isEmpty();
        assertThat(choice.note())
                .contains(
                        "computing on the CPU; GPU 1, NVIDIA L4, 24.0 GiB is not used: it does not compute weights of F32"
                                + " as output");
    }

    @Test
    void aDeviceIsNamedByItsNumberOrTheBeginningOfItsUuid() {
        List<Device> all = List.of(OLD, FIRST, SECOND);
        for (String name : List.of("2", "GPU-22333333-cccc", "gpu-223")) {
            assertThat(choose(all, null, Setting.DEVICE, name)
                            .configuration()
                            .compute()
                            .on())
                    .containsExactly(opened(Backend.CUDA, SECOND));
            assertThat(choose(all, null, Setting.DEVICE, name, Setting.BACKEND, "cuda")
                            .configuration()
                            .compute()
                            .on())
                    .containsExactly(opened(Backend.CUDA, SECOND));
        }
        assertThat(choose(all, null, Setting.BACKEND, "cuda")
                        .configuration()
                        .compute()
                        .on())
                .containsExactly(opened(Backend.CUDA, FIRST));
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "GPU-9999", "GPU-22", "GPU-", "0,7", "1,", ",1", "1,,2"})
    void whatNamesNoneOrSeveralIsRefused(String name) {
        assertThatThrownBy(() -> choose(List.of(OLD, FIRST, SECOND), null, Setting.DEVICE, name))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("--device " + name);
    }

    @Test
    void severalAreTakenInTheOrderInWhichTheyAreNamed() {
        List<Device> all = List.of(OLD, FIRST, SECOND);
        for (String backend : List.of("cuda", "auto")) {
            Devices.Choice choice = choose(all, null, Setting.DEVICE, "2,GPU-22222222", Setting.BACKEND, backend);
            assertThat(choice.configuration().compute().on())
                    .containsExactly(opened(Backend.CUDA, SECOND), opened(Backend.CUDA, FIRST));
            assertThat(choice.configuration().compute().backend()).isEqualTo(BackendChoice.CUDA);
        }
        assertThat(choose(all, null, Setting.DEVICE, "1,1", Setting.BACKEND, "cuda")
                        .configuration()
                        .compute()
                        .on())
                .containsExactly(opened(Backend.CUDA, FIRST), opened(Backend.CUDA, FIRST));
        assertThat(choose(all, null, Setting.DEVICE, "1,2").note())
                .contains("computing on GPU 1, NVIDIA L4, 24.0 GiB and GPU 2, NVIDIA H200, 140 GiB, which is there"
                        + " (--backend cpu computes on the CPU)");
        assertThat(choose(all, null, Setting.DEVICE, "0,1")
                        .configuration()
                        .compute()
                        .backend())
                .as("one of them can't be used")
                .isEqualTo(BackendChoice.CPU);
    }

    @Test
    void refusalsSayWhatIsThere() {
        assertThatThrownBy(() -> choose(List.of(OLD, FIRST), null, Setting.DEVICE, "7"))
                .hasMessage(
                        "--device 7: there is no such device; there are 0 (Tesla P4, GPU-11111111-aaaa), 1 (NVIDIA L4,"
                                + " GPU-22222222-bbbb)");
        assertThatThrownBy(() -> choose(List.of(), null, Setting.DEVICE, "0"))
                .hasMessageContaining("there are none here");
        assertThatThrownBy(() -> choose(List.of(FIRST), null, Setting.DEVICE, "1", Setting.BACKEND, "cpu"))
                .hasMessage("--device 1 goes with --backend auto or cuda; the cpu backend has no devices");
    }

    /** A device's driver takes some of its memory when it is opened, also of one where nothing is computed. */
    @Test
    void nothingIsOpenedButWhatIsChosenAndCanBeUsed() {
        List<Device> opened = new ArrayList<>();
        for (Object[] asked : new Object[][] {
            {}, {Setting.DEVICE, "2,2"}, {Setting.BACKEND, "cuda", Setting.DEVICE, "0"}, {Setting.BACKEND, "cpu"}
        }) {
            new Devices(
                            backend -> backend == Backend.CUDA ? List.of(OLD, FIRST, SECOND) : List.of(),
                            (backend, device) -> {
                                opened.add(device);
                                return opened(backend, device);
                            },
                            backend -> Optional.empty())
                    .choose(asked(asked));
        }
        assertThat(opened).containsExactly(FIRST, SECOND);
    }

    @Test
    void whatWasChosenStays() {
        Configuration chosen = choose(List.of(FIRST), null).configuration();
        assertThat(new Devices(backend -> List.of(), (backend, device) -> device, backend -> Optional.empty())
                        .choose(chosen)
                        .configuration())
                .isEqualTo(chosen);
    }

    @Test
    void memoryIsAShareOrASize() {
        assertThat(GpuMemory.of("0.9").of(10 * GIB)).isEqualTo((long) (0.9 * (10 * GIB)));
        assertThat(GpuMemory.of("1").of(10 * GIB)).isEqualTo(10 * GIB);
        assertThat(GpuMemory.of("12GiB").of(10 * GIB)).isEqualTo(12 * GIB);
        assertThat(asked(Setting.GPU_MEMORY, "12GiB").compute().gpuMemory().text())
                .isEqualTo("12.0 GiB");
        for (String wrong : List.of("0", "1.5", "-1", "90%", "12", "0.9.1", "many")) {
            assertThatThrownBy(() -> asked(Setting.GPU_MEMORY, wrong))
                    .as(wrong)
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("a share such as 0.9");
        }
    }
}
