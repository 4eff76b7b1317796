package dev.tramontane.app;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import dev.tramontane.registry.Budget;
import dev.tramontane.registry.Footprint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What there is for all models of this process together, by the sums that one model is planned with ({@link MemoryPlan}), beside one
 * Java heap. Weights in place count as soon as there are two: one model alone may be read from disk again and again if it must, two
 * would push each other out.
 *
 * @param most that they may have, whatever there is
 * @param rooms what there was of each device's memory before any was loaded; empty where none computes
 * @param emulated whether these devices' memory is this process' own
 * @param limit what there is now
 * @param heap bytes that the Java heap may grow to
 */
record ModelMemory(OptionalLong most, List<DeviceRoom> rooms, boolean emulated, Supplier<MemoryLimit> limit, long heap)
        implements Budget {

    /**
     * Of this process and the devices on which some of the models are computed.
     *
     * @param models as they are placed
     */
    static ModelMemory ofProcess(OptionalLong most, Collection<Configuration> models) {
        Map<String, DeviceRoom> rooms = new LinkedHashMap<>();
        models.stream()
                .flatMap(model -> DeviceRoom.of(model.compute()).stream())
                .forEach(room -> rooms.putIfAbsent(room.device().uuid(), room));
        // Models that are loaded later have addresses of these: what is left of them then would count such models
        // twice.
        List<Bound> addresses = MemoryLimit.ofProcess().bounds().stream()
                .filter(Bound::countsFiles)
                .toList();
        return new ModelMemory(
                most,
                List.copyOf(rooms.values()),
                models.stream().anyMatch(model -> Models.backend(model) == Backend.EMU),
                () -> new MemoryLimit(Stream.concat(
                                MemoryLimit.ofProcess().bounds().stream().filter(bound -> !bound.countsFiles()),
                                addresses.stream())
                        .toList()),
                Runtime.getRuntime().maxMemory());
    }

    /** The same with the devices of one more model, which is not loaded. */
    ModelMemory including(Configuration model) {
        Map<String, DeviceRoom> all = new LinkedHashMap<>();
        rooms.forEach(room -> all.put(room.device().uuid(), room));
        DeviceRoom.of(model.compute())
                .forEach(room -> all.putIfAbsent(room.device().uuid(), room));
        return new ModelMemory(
                most, List.copyOf(all.values()), emulated || Models.backend(model) == Backend.EMU, limit, heap);
    }

    /** The devices, with what was free of each before any model was loaded there. */
    List<Device> devices() {
        return rooms.stream().map(DeviceRoom::device).toList();
    }

    /** What a planned model takes beside the heap. */
    static Footprint of(MemoryPlan plan) {
        MemorySum sum = plan.sum();
        Map<String, Long> devices = plan.shares().stream()
                .collect(Collectors.toMap(share -> share.room().device().uuid(), DeviceShare::needed));
        // What is of a device is not the process' own, but where the device is emulated.
        long emulated = sum.bytes(Place.DEVICE) > 0 || devices.isEmpty() ? 0 : sum.deviceBytes();
        return new Footprint(sum.bytesOfModel() - emulated, sum.bytes(Place.FILE), devices);
    }

    /**
     * One bound of what models may have together.
     *
     * @param said "60.0 GiB of GPU 1, NVIDIA L4, 24.0 GiB, where 21.6 GiB can be had"
     * @param missing bytes; at most 0 when there is enough
     */
    private record Lack(String said, long missing) {}

    @Override
    public long missing(List<Footprint> models) {
        return worst(models).missing();
    }

    /**
     * Goes on only if a model can be loaded, alone.
     *
     * @throws UsageException with the sum
     */
    void require(Offered model, Footprint footprint) {
        if (missing(List.of(footprint)) > 0) {
            throw new UsageException("the model " + model.name() + " can never be loaded: it takes "
                    + lacking(List.of(footprint)) + ": "
                    + model.memory().sum().text());
        }
    }

    /**
     * Goes on only if those that are loaded at the start fit.
     *
     * @throws UsageException with what they take
     */
    void requireTogether(List<Offered> models) {
        List<Footprint> together =
                models.stream().map(model -> of(model.memory())).toList();
        if (missing(together) > 0) {
            throw new UsageException(Setting.LOAD.flag() + ": "
                    + models.stream().map(Offered::name).collect(Collectors.joining(", "))
                    + " do not fit into the memory for models together: they take " + lacking(together));
        }
    }

    /** What of it these models take too much of: "60.0 GiB of GPU 1, NVIDIA L4, 24.0 GiB, where 21.6 GiB can be had". */
    String lacking(List<Footprint> models) {
        return worst(models).said();
    }

    private Lack worst(List<Footprint> models) {
        Footprint all = Footprint.sum(models);
        List<Lack> lacks = new ArrayList<>();
        most.ifPresent(allowed -> lacks.add(new Lack(
                Units.show(all.everything()) + ", where " + Setting.MODEL_MEMORY.flag() + " is " + Units.show(allowed),
                all.everything() - allowed)));
        for (DeviceRoom room : rooms) {
            long taken = all.of(room.device().uuid());
            lacks.add(new Lack(Units.show(taken) + " of " + room.had(), taken - room.bytes()));
        }
        for (Bound bound : limit.get().bounds()) {
            long files = models.size() > 1 || bound.countsFiles() ? all.files() : 0;
            long taken = all.own() + (emulated ? all.onDevices() : 0) + files + heap + MemorySum.JVM;
            lacks.add(new Lack(
                    Units.show(taken) + " with the Java heap of " + bound.name() + ", which has "
                            + Units.show(bound.free()) + " free",
                    taken - bound.free()));
        }
        return lacks.stream().max(Comparator.comparingLong(Lack::missing)).orElseThrow();
    }
}
