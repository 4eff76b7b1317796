package dev.tramontane.app;

import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What computes it.
 *
 * @param backend who computes
 * @param device which of its devices is asked for: a number, or the beginning of a UUID; several with commas between
 * @param gpuMemory what of each device's memory may be taken
 * @param on the devices that {@link Devices} chose, in the order of the layers that they have; none before, and for
 *     backends that have none
 * @param cpuLevel instruction set of the cpu backend
 * @param threads compute threads
 * @param kernelLibrary in place of the bundled one
 * @param libraryDirectory where the bundled one is unpacked to
 */
record ComputeChoice(
        BackendChoice backend,
        Optional<String> device,
        GpuMemory gpuMemory,
        List<Device> on,
        CpuLevel cpuLevel,
        OptionalInt threads,
        Optional<Path> kernelLibrary,
        Optional<Path> libraryDirectory) {
    static ComputeChoice of(SettingValues values) {
        return new ComputeChoice(
                values.choice(
                                Setting.BACKEND,
                                List.of(BackendChoice.values()),
                                choice -> SettingValues.lower(choice.name()))
                        .orElseThrow(),
                values.parsed(
                        Setting.DEVICE,
                        "a number from 0, or the beginning of a UUID; several with commas between",
                        Function.identity(),
                        text -> text.matches("[\\w,-]{1,400}")),
                values.parsed(Setting.GPU_MEMORY, GpuMemory.RULE, GpuMemory::of, GpuMemory::isValid)
                        .orElseThrow(),
                List.of(),
                values.choice(Setting.CPU_LEVEL, List.of(CpuLevel.values()), CpuLevel::label)
                        .orElseThrow(),
                values.whole(Setting.THREADS, 1, 1024),
                values.path(Setting.KERNEL_LIBRARY),
                values.path(Setting.LIBRARY_DIRECTORY));
    }
}
