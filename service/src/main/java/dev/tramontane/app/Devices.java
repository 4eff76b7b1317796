package dev.tramontane.app;

import dev.tramontane.app.Configuration.BackendChoice;
import dev.tramontane.app.Configuration.ComputeChoice;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.model.ModelException;
import dev.tramontane.source.ModelPlan;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which backend and which device compute, by {@code --backend} and {@code --device}, what is there and what a model needs. */
final class Devices {

    /**
     * What was decided.
     *
     * @param configuration with a backend that is not {@code auto}, and the device of one that has devices
     * @param note a sentence, where nobody asked for it in so many words
     */
    record Choice(Configuration configuration, Optional<String> note) {}

    private final Function<Backend, List<Device>> devices;
    private final Function<Backend, Optional<String>> lack;

    /**
     * @param devices of a backend
     * @param lack why a backend cannot compute the model; empty when it can
     */
    Devices(Function<Backend, List<Device>> devices, Function<Backend, Optional<String>> lack) {
        this.devices = devices;
        this.lack = lack;
    }

    /**
     * Chooses for a model.
     *
     * @throws UsageException when there is no such device, or one was asked for that the backend cannot have
     */
    static Choice choose(KernelLibrary library, ModelPlan plan, Configuration configuration) {
        return new Devices(library::devices, backend -> lack(library, plan, configuration, backend))
                .choose(configuration);
    }

    /** Of a model and the draft model beside it. */
    static Optional<String> lack(KernelLibrary library, ModelPlan plan, Configuration configuration, Backend backend) {
        try {
            return Models.lack(library, plan, configuration, backend)
                    .or(() -> Drafts.lack(library, configuration, backend));
        } catch (ModelException refused) {
            return Optional.of(String.valueOf(refused.getMessage()));
        }
    }

    Choice choose(Configuration configuration) {
        ComputeChoice compute = configuration.compute();
        if (compute.device().filter(text -> text.contains(",")).isPresent()) {
            throw new UsageException("--device " + compute.device().get()
                    + " names several devices; a model runs on one," + " so give one");
        }
        if (compute.on().isPresent()) {
            return new Choice(configuration, Optional.empty());
        }
        return switch (compute.backend()) {
            case CPU, REF -> {
                if (compute.device().isPresent()) {
                    throw new UsageException("--device " + compute.device().get() + " goes with --backend auto or cuda;"
                            + " the " + SettingValues.lower(compute.backend().name()) + " backend has no devices");
                }
                yield new Choice(configuration, Optional.empty());
            }
            case CUDA, EMU ->
                new Choice(
                        configuration.on(compute.backend(), device(Models.backend(configuration), compute.device())),
                        Optional.empty());
            case AUTO -> auto(configuration);
        };
    }

    private Choice auto(Configuration configuration) {
        Optional<Device> device = device(Backend.CUDA, configuration.compute().device());
        if (device.filter(Device::usable).isEmpty()) {
            return new Choice(configuration.on(BackendChoice.CPU, Optional.empty()), Optional.empty());
        }
        Optional<String> reason = lack.apply(Backend.CUDA);
        if (reason.isPresent()) {
            return new Choice(
                    configuration.on(BackendChoice.CPU, Optional.empty()),
                    Optional.of("computing on the CPU; " + name(device.get()) + " is not used: " + reason.get()));
        }
        return new Choice(
                configuration.on(BackendChoice.CUDA, device),
                Optional.of(
                        "computing on " + name(device.get()) + ", which is there (--backend cpu computes on the CPU)"));
    }

    /** The device that is asked for, or the first that can be used; where none can, the first, so that loading says why. */
    private Optional<Device> device(Backend backend, Optional<String> asked) {
        List<Device> all = devices.apply(backend);
        if (asked.isEmpty()) {
            return all.stream()
                    .filter(Device::usable)
                    .findFirst()
                    .or(() -> all.stream().findFirst());
        }
        String text = asked.get();
        List<Device> named = all.stream()
                .filter(device -> text.equals(Integer.toString(device.index()))
                        || (text.length() >= 5 && device.uuid().regionMatches(true, 0, text, 0, text.length())))
                .toList();
        if (named.size() == 1) {
            return Optional.of(named.getFirst());
        }
        throw new UsageException("--device " + text
                + (named.isEmpty() ? ": there is no such device; " : " is the beginning of several; ")
                + (all.isEmpty()
                        ? "there are none here"
                        : "there are " + all.stream().map(Devices::line).collect(Collectors.joining(", "))));
    }

    private static String line(Device device) {
        return device.index() + " (" + device.name() + ", " + device.uuid() + ")";
    }

    /** "GPU 0, NVIDIA H200, 139.8 GiB". */
    static String name(Device device) {
        return String.format(
                Locale.ROOT, "GPU %d, %s, %s", device.index(), device.name(), Units.show(device.totalBytes()));
    }
}
