package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.HostInfo;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.KernelLibrary;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;

/** {@code tramontane doctor}: what this machine has and what of it is used. */
@CommandLine.Command(
        name = "doctor",
        description =
                "Show what this machine has, what of it is used, and what is missing. Exit code 0: models can run.")
final class DoctorCommand extends Command {
    DoctorCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(
                Setting.DRAIN_DELAY,
                Setting.DRAIN_TIMEOUT,
                Setting.KERNEL_LIBRARY,
                Setting.LIBRARY_DIRECTORY,
                Setting.LOG_FORMAT,
                Setting.LOG_LEVEL);
    }

    @Override
    int run(Configuration configuration) {
        Machine.software(environment()).forEach(this::line);
        boolean allowed = DoctorCommand.class.getModule().isNativeAccessEnabled();
        line("Native access", allowed ? "allowed" : "not allowed: start java with " + KernelLibrary.NATIVE_ACCESS_FLAG);
        boolean works = kernels(configuration);
        line(Machine.memory());
        line("Ending", configuration.ending().toString());
        return works ? ExitCode.OK : ExitCode.FAILURE;
    }

    private boolean kernels(Configuration configuration) {
        try {
            KernelLibrary library = KernelLibraries.load(configuration, environment());
            String why = configuration.compute().kernelLibrary().isPresent()
                    ? "because --kernel-library names it"
                    : "bundled for " + KernelLibraries.platform(environment()).directory()
                            + ", unpacked once and checked";
            line("Kernel library", library.file() + " (" + why + ")");
            Machine.hardware(library).forEach(this::line);
            gpus(library.devices(Backend.CUDA), library).forEach(this::line);
            return true;
        } catch (KernelException failure) {
            line("Kernel library", "cannot be used: " + failure.getMessage());
            return false;
        }
    }

    /** The level that is chosen here, and why not a higher one. */
    static String level(HostInfo host) {
        String chosen = host.level().label();
        return switch (host.level()) {
            case AVX512 -> chosen + ", the highest there is";
            case AVX2 -> chosen + "; avx512 needs AVX-512 F, BW, VL, DQ and VNNI, which this machine has not all";
            case PORTABLE, AUTO -> chosen + "; avx2 needs AVX2, FMA and F16C, which this machine has not all";
        };
    }

    private static List<Fact> gpus(List<Device> devices, KernelLibrary library) {
        return Machine.gpus(
                devices,
                () -> library.describe(Backend.CUDA) + "; models run on the CPU",
                device -> library.describe(Backend.CUDA, device) + "; " + use(device, devices));
    }

    /** When one of several GPUs computes. */
    static String use(Device device, List<Device> all) {
        if (!device.usable()) {
            return "not used";
        }
        boolean first = all.stream().filter(Device::usable).findFirst().equals(Optional.of(device));
        return first
                ? "used for models that it takes, unless --backend or --device says otherwise"
                : "used where --device names it";
    }

    private void line(Fact fact) {
        line(fact.label(), fact.text());
    }

    private void line(String what, String value) {
        environment().out().printf(Locale.ROOT, "%-15s %s%n", what, value);
    }
}
