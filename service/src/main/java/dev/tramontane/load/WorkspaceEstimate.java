package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelGeometry;
import java.util.List;
import java.util.OptionalInt;

/** What a cache and the steps on it will hold in memory, before there is a model: asked of the kernel library. */
public final class WorkspaceEstimate {
    private WorkspaceEstimate() {}

    /**
     * Asks whether a backend takes models of a shape at all.
     *
     * @throws dev.tramontane.model.ModelException in the library's words, when it does not
     */
    public static void requireShape(KernelLibrary library, ModelGeometry geometry, Backend backend) {
        List<CacheShape.Group> groups = geometry.groups().stream()
                .map(group -> new CacheShape.Group(1, 1))
                .toList();
        of(library, geometry, backend, new CacheShape(32, 1, 1, 1, 1, CacheType.F16, groups), 1);
    }

    /**
     * To the byte what the library's books will say of cache (with its page tables) and workspace; of weights nothing.
     *
     * @param threads compute threads
     * @throws dev.tramontane.model.ModelException when the kernels can have no such model or cache
     */
    public static MemoryUse of(
            KernelLibrary library, ModelGeometry geometry, Backend backend, CacheShape shape, int threads) {
        return of(library, geometry, ModelPart.whole(geometry), backend, shape, threads);
    }

    static MemoryUse of(
            KernelLibrary library,
            ModelGeometry geometry,
            ModelPart part,
            Backend backend,
            CacheShape shape,
            int threads) {
        LoadOptions options = new LoadOptions(backend, CpuLevel.AUTO, threads, OptionalInt.empty());
        CacheShape own = part.head() ? shape : shape.withMaxSamples(0);
        return KernelConfigs.asked(
                () -> library.cacheBytes(KernelConfigs.model(geometry, part, options), KernelConfigs.cache(own)));
    }
}
