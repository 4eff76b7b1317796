package dev.tramontane.app;

import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.app.MemorySum.Item;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.StageEstimate;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.stages.StageBuffers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What layers take in a stage's process, beside what there is: by the sums that a whole model is planned with
 * ({@link MemoryPlan}), before they are loaded, and again when the server says how large its cache is.
 *
 * @param layers the stage's
 * @param sum all of it
 * @param rooms of the device that computes, asked before these layers were loaded; none where the host does
 */
record StageMemory(LayerRange layers, MemorySum sum, List<DeviceRoom> rooms) {

    /** Of their weights alone: the cache's shape isn't known yet. */
    static StageMemory ofWeights(
            KernelLibrary library,
            ModelPlan plan,
            LayerRange layers,
            Configuration placed,
            Optional<DType> quantize,
            long heap) {
        Backend backend = Models.backend(placed);
        long weights = StageEstimate.weights(library, plan, List.of(layers), backend, quantize)
                .getFirst();
        return of(layers, placed, weights, List.of(), heap);
    }

    /**
     * Of all that they take.
     *
     * @param shape the whole model's
     */
    static StageMemory of(
            KernelLibrary library,
            ModelPlan plan,
            LayerRange layers,
            Configuration placed,
            Optional<DType> quantize,
            CacheShape shape,
            long heap) {
        Backend backend = Models.backend(placed);
        int threads = placed.compute().threads().orElse(Runtime.getRuntime().availableProcessors());
        StageEstimate part = StageEstimate.of(library, plan, layers, backend, quantize, shape, threads);
        Place place = backend == Backend.CUDA ? Place.DEVICE : Place.OWN;
        return of(
                layers,
                placed,
                part.weights().repacked(),
                List.of(
                        new Item("cache", MemorySum.CACHE_KEY, part.step().cache(), place),
                        new Item("adapters", "adapters_bytes", part.step().adapters(), place),
                        new Item(
                                "workspace of a step",
                                "workspace_bytes",
                                part.step().workspace(),
                                place),
                        new Item(
                                "rows and pages on their way",
                                MemorySum.STAGE_BUFFERS_KEY,
                                StageBuffers.of(plan.geometry(), layers, shape).bytes(),
                                Place.OWN)),
                heap);
    }

    private static StageMemory of(LayerRange layers, Configuration placed, long weights, List<Item> more, long heap) {
        Place place = Models.backend(placed) == Backend.CUDA ? Place.DEVICE : Place.OWN;
        List<Item> items = new ArrayList<>();
        items.add(new Item("weights", "weights_repacked_bytes", weights, place));
        items.addAll(more);
        items.add(new Item("Java heap at most", MemorySum.HEAP_KEY, heap, Place.OWN));
        items.add(new Item("the JVM beside it", MemorySum.JVM_KEY, MemorySum.JVM, Place.OWN));
        return new StageMemory(layers, new MemorySum(items), DeviceRoom.of(placed.compute()));
    }

    /**
     * Why they can't be had; empty where they can. Addresses are not looked at: a process that runs out of them is refused
     * more, and not ended.
     */
    Optional<String> excess(MemoryLimit limit) {
        for (DeviceRoom room : rooms) {
            long needed = sum.bytes(Place.DEVICE) > 0 ? sum.bytes(Place.DEVICE) : sum.deviceBytes();
            if (needed > room.bytes()) {
                return Optional.of(said(needed, room.had()));
            }
        }
        long needed = sum.bytes(Place.OWN);
        return limit.bounds().stream()
                .filter(bound -> !bound.countsFiles() && needed > bound.free())
                .findFirst()
                .map(bound -> said(needed, had(bound)));
    }

    private static String had(Bound bound) {
        return bound.name() + ", which has " + Units.show(bound.bytes()) + ", " + Units.show(bound.free())
                + " of them free";
    }

    private String said(long needed, String of) {
        return layers + (layers.size() == 1 ? " takes " : " take ") + Units.show(needed) + " of " + of + ": "
                + sum.text() + "; give the server less " + Setting.CACHE_MEMORY.flag()
                + ", or this stage fewer layers (" + Setting.STAGE_LAYERS.flag() + ")";
    }
}
