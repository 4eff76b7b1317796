package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuFeature;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.HostInfo;
import dev.tramontane.kernels.KernelLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What this machine has, as facts: {@code doctor}'s lines, and what stands beside every figure of {@code bench}. */
final class Machine {
    private Machine() {}

    /** This program, Java and the system. */
    static List<Fact> software(Environment environment) {
        return List.of(
                Fact.of("Tramontane", "version", Program.Version.number()),
                Fact.of(
                        "Java",
                        "java",
                        environment.property("java.runtime.version") + ", " + environment.property("java.vendor") + ", "
                                + environment.property("java.home")),
                Fact.of(
                        "System",
                        "system",
                        environment.property("os.name") + " " + environment.property("os.version") + ", "
                                + KernelLibraries.platform(environment).directory()));
    }

    /** Processors, as the kernels see them. */
    static List<Fact> hardware(KernelLibrary library) {
        HostInfo host = library.host();
        String features = host.features().stream().map(CpuFeature::label).collect(Collectors.joining(" "));
        return List.of(
                Fact.of("CPU features", "cpu_features", features.isEmpty() ? "none that the kernels use" : features),
                Fact.of("CPU level", "cpu_level", DoctorCommand.level(host)),
                Fact.of(
                        "Backends",
                        "backends",
                        host.backends().stream()
                                .map(Backend::name)
                                .map(name -> name.toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(" "))),
                Fact.of(
                        "Processors",
                        "processors",
                        host.processors() + " for this process (its affinity and control group counted), so "
                                + Units.count(host.processors(), "compute thread")
                                + " unless --threads says otherwise"));
    }

    /**
     * A fact of each GPU, numbered where there are several; of none why.
     *
     * @param devices that are there
     * @param none the sentence where there is none
     * @param tell what to say of one
     */
    static List<Fact> gpus(List<Device> devices, Supplier<String> none, Function<Device, String> tell) {
        if (devices.isEmpty()) {
            return List.of(Fact.of("GPU", "gpu", none.get()));
        }
        List<Fact> facts = new ArrayList<>();
        for (Device device : devices) {
            String number = devices.size() == 1 ? "" : Integer.toString(device.index());
            facts.add(Fact.of(("GPU " + number).strip(), "gpu" + number, tell.apply(device)));
        }
        return facts;
    }

    /** What memory there is. */
    static Fact memory() {
        return Fact.of(
                "Memory",
                "memory",
                MemoryLimit.ofProcess().text() + "; Java heap at most "
                        + Units.show(Runtime.getRuntime().maxMemory()) + ", weights and cache lie outside it");
    }
}
