package dev.tramontane.app;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.registry.Budget;
import dev.tramontane.registry.Footprint;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What there is for all models of this process together, by the sums that one model is planned with ({@link MemoryPlan}), beside one
 * Java heap. Weights in place count as soon as there are two: one model alone may be read from disk again and again if it must, two
 * would push each other out.
 *
 * @param most that they may have, whatever there is
 * @param rooms what there was of the devices' memory before any was loaded; empty where none computes. A model of several devices is
 *     divided among them by what each has, so that all of these have enough where their sum has
 * @param limit what there is now
 * @param heap bytes that the Java heap may grow to
 */
record ModelMemory(OptionalLong most, List<DeviceRoom> rooms, Supplier<MemoryLimit> limit, long heap)
        implements Budget {

    /** Of this process and the devices on which some of the models are computed. */
    static ModelMemory ofProcess(OptionalLong most, List<DeviceRoom> rooms) {
        // Models that are loaded later have addresses of these: what is left of them then would count such models
        // twice.
        List<Bound> addresses = MemoryLimit.ofProcess().bounds().stream()
                .filter(Bound::countsFiles)
                .toList();
        return new ModelMemory(
                most,
                rooms,
                () -> new MemoryLimit(Stream.concat(
                                MemoryLimit.ofProcess().bounds().stream().filter(bound -> !bound.countsFiles()),
                                addresses.stream())
                        .toList()),
                Runtime.getRuntime().maxMemory());
    }

    /** What a planned model takes beside the heap. */
    static Footprint of(MemoryPlan plan) {
        MemorySum sum = plan.sum();
        return new Footprint(sum.bytesOfModel(), sum.bytes(Place.FILE), sum.bytes(Place.DEVICE));
    }

    @Override
    public long missing(List<Footprint> models) {
        Footprint all = Footprint.sum(models);
        long missing = all.own() + all.files() + all.device() - most.orElse(Long.MAX_VALUE);
        if (!rooms.isEmpty()) {
            missing = Math.max(
                    missing,
                    all.device() - rooms.stream().mapToLong(DeviceRoom::bytes).sum());
        }
        for (Bound bound : limit.get().bounds()) {
            long files = models.size() > 1 || bound.countsFiles() ? all.files() : 0;
            missing = Math.max(missing, all.own() + files + heap + MemorySum.JVM - bound.free());
        }
        return missing;
    }

    /** The same of one alone, whatever else is loaded. */
    static String needs(Footprint footprint) {
        return Units.show(footprint.own() + footprint.files() + footprint.device());
    }
}
