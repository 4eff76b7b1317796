package dev.tramontane.app;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.load.MemoryEstimate;
import dev.tramontane.load.StageEstimate;
import dev.tramontane.load.WorkspaceEstimate;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** All the memory that a model takes to run, item by item: what is said before loading, and had after it. */
record MemorySum(List<Item> items) {
    /** Of the JVM beside its heap, with the library's code and stacks: measured at up to 150 MiB, rounded up. */
    static final long JVM = 192L << 20;

    static final String CACHE_KEY = "cache_bytes";
    static final String HEAP_KEY = "heap_bytes";
    static final String JVM_KEY = "jvm_bytes";
    private static final String SNAPSHOTS_KEY = "snapshot_buffers_bytes";
    private static final String STAGE_ROWS_KEY = "stage_rows_bytes";
    static final String STAGE_BUFFERS_KEY = "stage_buffers_bytes";
    private static final Set<String> HOST_KEYS =
            Set.of(HEAP_KEY, JVM_KEY, SNAPSHOTS_KEY, STAGE_ROWS_KEY, STAGE_BUFFERS_KEY);

    /** Who has to give it. */
    enum Place {
        /** This process' own. */
        OWN,
        /** Of mapped files: read again when the system needed the room. */
        FILE,
        /** The device's. */
        DEVICE
    }

    /**
     * One item.
     *
     * @param label for people: "weights repacked"
     * @param key for programs
     */
    record Item(String label, String key, long bytes, Place place) {}

    MemorySum {
        items = List.copyOf(items);
    }

    /**
     * Adds up.
     *
     * @param library that will run it
     * @param parts as {@link #parts} has them
     * @param threads compute threads
     * @param heap bytes that the Java heap may grow to
     */
    static MemorySum of(
            KernelLibrary library,
            ModelPlan plan,
            Sizing sizing,
            List<StageEstimate> parts,
            Configuration configuration,
            int threads,
            long heap) {
        Backend backend = Models.backend(configuration);
        MemoryEstimate weights = parts.isEmpty()
                ? MemoryEstimate.of(
                        library, plan, backend, configuration.model().quantize())
                : parts.stream()
                        .map(StageEstimate::weights)
                        .reduce(MemoryEstimate::plus)
                        .orElseThrow();
        MemoryUse step = parts.isEmpty()
                ? WorkspaceEstimate.of(
                        library, plan.geometry(), backend, sizing.plan().shape(), threads)
                : parts.stream()
                        .map(StageEstimate::step)
                        .reduce(MemoryUse::plus)
                        .orElseThrow();
        long pages = pagesHere(plan.geometry(), sizing.plan(), configuration);
        long workspace = step.workspace() + step.cache() - pages; // with the tables of pages
        Place place = backend == Backend.CUDA ? Place.DEVICE : Place.OWN;
        List<Item> items = new ArrayList<>();
        items.add(new Item("weights in place", "weights_in_place_bytes", weights.inPlace(), Place.FILE));
        items.add(new Item(
                backend.isDevice() ? "weights copied to the device" : "weights repacked",
                "weights_repacked_bytes",
                weights.repacked(),
                place));
        items.add(new Item("cache", CACHE_KEY, pages, place));
        items.add(new Item("adapters", "adapters_bytes", step.adapters(), place));
        items.add(new Item("workspace of a step", "workspace_bytes", workspace, place));
        if (!parts.isEmpty()) {
            long rows = (long) sizing.plan().shape().maxRows() * plan.geometry().width() * Float.BYTES;
            int stages = parts.size() - 1 + configuration.stages().addresses().size();
            items.add(new Item("rows between stages", STAGE_ROWS_KEY, stages * rows, Place.OWN));
        }
        items.addAll(Drafts.items(library, sizing, configuration, threads));
        items.add(new Item(
                "buffers of snapshots",
                SNAPSHOTS_KEY,
                SnapshotFiles.bufferBytes(configuration, sizing.plan()),
                Place.OWN));
        items.add(new Item("Java heap at most", HEAP_KEY, heap, Place.OWN));
        items.add(new Item("the JVM beside it", JVM_KEY, JVM, Place.OWN));
        return new MemorySum(items);
    }

    /** Of each stage of this process, and of the head behind them, where the model is in stages; else nothing. */
    static List<StageEstimate> parts(
            KernelLibrary library, ModelPlan plan, Sizing sizing, Configuration configuration, int threads) {
        boolean apart = !configuration.stages().isEmpty();
        if (!apart && configuration.compute().on().size() < 2) {
            return List.of();
        }
        List<LayerRange> layers = apart
                ? configuration.stages().ranges(plan.geometry().layers())
                : DeviceSplit.of(library, plan, configuration).layers();
        List<StageEstimate> all = StageEstimate.of(
                library,
                plan,
                layers,
                Models.backend(configuration),
                configuration.model().quantize(),
                sizing.plan().shape(),
                threads);
        return apart ? List.of(all.getFirst(), all.getLast()) : all;
    }

    /** Bytes of the cache's pages in the layers of this process. */
    private static long pagesHere(ModelGeometry geometry, CachePlan cache, Configuration configuration) {
        if (configuration.stages().isEmpty()) {
            return cache.bytes();
        }
        LayerRange layers = configuration.stages().ranges(geometry.layers()).getFirst();
        long bytes = 0;
        for (int group = 0; group < geometry.groups().size(); group++) {
            LayerGroup of = geometry.groups().get(group);
            bytes += cache.shape().groups().get(group).pages()
                    * (cache.pageBytes(group) / of.layers().size())
                    * layers.of(of);
        }
        return bytes;
    }

    /** Bytes of one item. */
    long bytes(String key) {
        return items.stream()
                .filter(item -> item.key().equals(key))
                .mapToLong(Item::bytes)
                .sum();
    }

    /** Bytes that lie in one place. */
    long bytes(Place place) {
        return items.stream()
                .filter(item -> item.place() == place)
                .mapToLong(Item::bytes)
                .sum();
    }

    /** Bytes that a device has to give, or that an emulated one has of the process: all that a backend holds of its own. */
    long deviceBytes() {
        return items.stream()
                .filter(item -> item.place() != Place.FILE && !HOST_KEYS.contains(item.key()))
                .mapToLong(Item::bytes)
                .sum();
    }

    /** Bytes of this process' own that come and go with the model. */
    long bytesOfModel() {
        return items.stream()
                .filter(item -> item.place() == Place.OWN
                        && !item.key().equals(HEAP_KEY)
                        && !item.key().equals(JVM_KEY))
                .mapToLong(Item::bytes)
                .sum();
    }

    long bytes() {
        return items.stream().mapToLong(Item::bytes).sum();
    }

    /** The items in a line: "cache 1.0 GiB, workspace of a step 30.0 MiB, ...". */
    String text() {
        return items.stream()
                .filter(item -> item.bytes() > 0)
                .map(item -> item.label() + " " + Units.show(item.bytes()))
                .collect(Collectors.joining(", "));
    }
}
