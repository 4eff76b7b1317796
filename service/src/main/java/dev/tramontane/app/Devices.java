package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.model.ModelException;
import dev.tramontane.source.ModelPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
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
    private final BiFunction<Backend, Device, Device> opener;
    private final Function<Backend, Optional<String>> lack;

    /**
     * @param devices of a backend, none of which is opened
     * @param opener tells what is free of a device that can be used and is chosen
     * @param lack why a backend cannot compute the model; empty when it can
     */
    Devices(
            Function<Backend, List<Device>> devices,
            BiFunction<Backend, Device, Device> opener,
            Function<Backend, Optional<String>> lack) {
        this.devices = devices;
        this.opener = opener;
        this.lack = lack;
    }

    /**
     * Chooses for a model.
     *
     * @throws UsageException when there is no such device, or one was asked for that the backend cannot have
     */
    static Choice choose(KernelLibrary library, ModelPlan plan, Configuration configuration) {
        Choice choice = new Devices(
                        library::devices, library::opened, backend -> lack(library, plan, configuration, backend))
                .choose(configuration);
        return new Choice(
                choice.configuration(),
                DeviceSplit.text(library, plan, choice.configuration()).or(choice::note));
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
        if (!compute.on().isEmpty()) {
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
                        configuration.on(
                                compute.backend(),
                                opened(
                                        Models.backend(configuration),
                                        devices(Models.backend(configuration), compute.device()))),
                        Optional.empty());
            case AUTO -> auto(configuration);
        };
    }

    private Choice auto(Configuration configuration) {
        List<Device> found = devices(Backend.CUDA, configuration.compute().device());
        if (found.isEmpty() || !found.stream().allMatch(Device::usable)) {
            return new Choice(configuration.on(BackendChoice.CPU, List.of()), Optional.empty());
        }
        String names = found.stream().distinct().map(Devices::name).collect(Collectors.joining(" and "));
        Optional<String> reason = lack.apply(Backend.CUDA);
        if (reason.isPresent()) {
            return new Choice(
                    configuration.on(BackendChoice.CPU, List.of()),
                    Optional.of("computing on the CPU; " + names + " is not used: " + reason.get()));
        }
        return new Choice(
                configuration.on(BackendChoice.CUDA, opened(Backend.CUDA, found)),
                Optional.of("computing on " + names + ", which is there (--backend cpu computes on the CPU)"));
    }

    /** What can't be used stays as it is: loading says why. One that is named twice is asked once. */
    private List<Device> opened(Backend backend, List<Device> devices) {
        Map<Device, Device> opened = new HashMap<>();
        return devices.stream()
                .map(device -> opened.computeIfAbsent(
                        device, closed -> closed.usable() ? opener.apply(backend, closed) : closed))
                .toList();
    }

    /** The devices that are asked for, or the first that can be used; where none can, the first, so that loading says why. */
    private List<Device> devices(Backend backend, Optional<String> asked) {
        List<Device> all = devices.apply(backend);
        if (asked.isPresent()) {
            return SettingValues.parts(asked.get())
                    .map(text -> named(all, asked.get(), text))
                    .toList();
        }
        return all.stream()
                .filter(Device::usable)
                .findFirst()
                .or(() -> all.stream().findFirst())
                .stream()
                .toList();
    }

    /** @param asked all that was */
    private static Device named(List<Device> all, String asked, String text) {
        List<Device> named = all.stream()
                .filter(device -> text.equals(Integer.toString(device.index()))
                        || (text.length() >= 5 && device.uuid().regionMatches(true, 0, text, 0, text.length())))
                .toList();
        if (named.size() == 1) {
            return named.getFirst();
        }
        String which = text.equals(asked) ? "" : " (" + text + ")";
        throw new UsageException("--device " + asked + which
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
