package dev.tramontane.app;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.StageEstimate;
import dev.tramontane.source.ModelPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a model will take, beside what there is: decided before anything is loaded, so that what was said can be had. A
 * cache that nobody asked for gives way; what was asked for and does not fit is refused.
 *
 * @param sizing context and cache
 * @param sum all of it
 * @param limit what there is
 * @param shares what it needs of devices, and what there is; none where none was chosen
 */
record MemoryPlan(Sizing sizing, MemorySum sum, MemoryLimit limit, List<DeviceShare> shares) {

    /** Plans with this process' own heap and processors. */
    static MemoryPlan of(KernelLibrary library, ModelPlan plan, Configuration configuration, MemoryLimit limit) {
        int threads =
                configuration.compute().threads().orElse(Runtime.getRuntime().availableProcessors());
        return of(
                library,
                plan,
                configuration,
                limit,
                threads,
                Runtime.getRuntime().maxMemory());
    }

    /**
     * Plans.
     *
     * @param library that will run it
     * @param threads compute threads
     * @param heap bytes that the Java heap may grow to
     * @throws UsageException when the settings do not go together, whatever there is
     */
    static MemoryPlan of(
            KernelLibrary library,
            ModelPlan plan,
            Configuration configuration,
            MemoryLimit limit,
            int threads,
            long heap) {
        List<DeviceRoom> rooms = DeviceRoom.of(configuration.compute());
        boolean apart = Models.backend(configuration) == Backend.CUDA && !rooms.isEmpty();
        Sizing wanted = apart
                ? Sizing.onDevice(
                        plan.geometry(),
                        configuration,
                        rooms.stream().mapToLong(DeviceRoom::bytes).sum())
                : Sizing.of(plan.geometry(), configuration, limit.bytes());
        MemoryPlan whole = of(library, plan, configuration, limit, threads, heap, wanted);
        long lacking = apart ? whole.missingOnDevice() : whole.missingOfCache();
        if (lacking <= 0 || configuration.engine().cacheBytes().isPresent()) {
            return whole;
        }
        long left = wanted.plan().bytes() - lacking;
        Optional<Sizing> smaller = apart
                ? Sizing.withinDevice(plan.geometry(), configuration, left)
                : Sizing.within(plan.geometry(), configuration, limit.bytes(), left);
        if (smaller.isEmpty()) {
            return whole;
        }
        List<String> notes = new ArrayList<>(smaller.get().notes());
        if (!apart) { // Of a device it is meant to be what is left.
            notes.add("the cache is " + Units.show(smaller.get().plan().bytes()) + ", not "
                    + Units.show(wanted.plan().bytes()) + ", because with it " + whole.tooMuch());
        }
        Sizing lowered = new Sizing(smaller.get().engine(), smaller.get().plan(), notes);
        return of(library, plan, configuration, limit, threads, heap, lowered);
    }

    private static MemoryPlan of(
            KernelLibrary library,
            ModelPlan plan,
            Configuration configuration,
            MemoryLimit limit,
            int threads,
            long heap,
            Sizing sizing) {
        List<StageEstimate> parts = MemorySum.parts(library, plan, sizing, configuration, threads);
        MemorySum sum = MemorySum.of(library, plan, sizing, parts, configuration, threads, heap);
        return new MemoryPlan(sizing, sum, limit, DeviceShare.of(sizing, parts, sum, configuration));
    }

    /** The device that lacks most, if one lacks something. */
    private Optional<DeviceShare> tightest() {
        return shares.stream()
                .filter(share -> share.missing() > 0)
                .max(Comparator.comparingLong(
                        share -> share.excess(sizing.plan().bytes())));
    }

    /** Bytes that the cache has to be smaller by, so that every device has room; at most 0 when it has, or there is none. */
    private long missingOnDevice() {
        return tightest().map(share -> share.excess(sizing.plan().bytes())).orElse(0L);
    }

    private Bound bound() {
        return limit.tightest(sum.bytes(Place.FILE));
    }

    /** Bytes that are lacking; at most 0 when there is enough. */
    private long missing() {
        return sum.bytes(Place.OWN) - MemoryLimit.free(bound(), sum.bytes(Place.FILE));
    }

    /** Bytes that the whole cache, of which stages elsewhere have their part, has to be smaller by; at most 0 when there is enough. */
    private long missingOfCache() {
        long missing = missing();
        long here = sum.bytes(MemorySum.CACHE_KEY);
        return missing <= 0 || here == 0
                ? missing
                : (long) Math.ceil(missing * ((double) sizing.plan().bytes() / here));
    }

    /** "the model needs 30.2 GiB of 23.5 GiB that the machine has, 21.0 GiB of them free: cache 22.0 GiB, ...". */
    private String tooMuch() {
        Bound bound = bound();
        long needed = sum.bytes(Place.OWN) + (bound.countsFiles() ? sum.bytes(Place.FILE) : 0);
        return "the model needs " + Units.show(needed) + ", but " + bound.name() + " has " + Units.show(bound.bytes())
                + ", " + Units.show(bound.free()) + " of them free: " + sum.text();
    }

    /** Bytes that are left beside all of it, weights in place among it; below 0 when it does not stay in memory. */
    long spare() {
        long free = limit.bounds().stream().mapToLong(Bound::free).min().orElseThrow();
        return free - sum.bytes(Place.OWN) - sum.bytes(Place.FILE);
    }

    /** Why the model cannot run like this. */
    Optional<String> excess() {
        Optional<DeviceShare> lacking = tightest();
        if (lacking.isPresent()) {
            DeviceRoom on = lacking.get().room();
            long fits = sizing.plan().bytes() - missingOnDevice();
            return Optional.of(on.tooMuch(lacking.get().needed(), sum.text()) + "; " + on.advice(fits));
        }
        if (missing() <= 0) {
            return Optional.empty();
        }
        long fits = sizing.plan().bytes() - missingOfCache();
        return Optional.of(tooMuch() + "; "
                + (fits >= 1 << 20
                        ? "give --cache-memory at most " + (fits >> 20) + "MiB"
                        : "take a smaller model, or a smaller Java heap (-Xmx)")
                + ", or make room");
    }

    /** What was decided, and what will be slow, a sentence each. */
    List<String> notes() {
        List<String> notes = new ArrayList<>(sizing.notes());
        long files = sum.bytes(Place.FILE);
        Bound bound = bound();
        if (missing() <= 0 && sum.bytes(Place.OWN) + files > bound.free()) {
            notes.add("the weights in place, " + Units.show(files) + ", do not fit beside the "
                    + Units.show(sum.bytes(Place.OWN)) + " that the model needs besides: " + bound.name() + " has "
                    + Units.show(bound.free()) + " free, so they will be read from disk again and again");
        }
        return notes;
    }

    /**
     * Goes on only if there is enough.
     *
     * @throws UsageException with the sum
     */
    MemoryPlan required() {
        excess().ifPresent(reason -> {
            throw new UsageException(reason);
        });
        return this;
    }
}
