package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.source.ModelPlan;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one link of a chain will hold, to the byte and before there is one: asked of the kernel library.
 *
 * @param weights of its layers, and of embedding or head where it has one
 * @param step cache and workspace; of weights nothing
 */
public record StageEstimate(MemoryEstimate weights, MemoryUse step) {

    /**
     * Of each stage, and of the head behind them.
     *
     * @param quantize what unquantised matrices are rounded to at load; empty for nothing
     * @param shape the whole model's
     * @param threads compute threads
     * @throws dev.tramontane.model.ModelException when the kernels can have no such part or cache
     */
    public static List<StageEstimate> of(
            KernelLibrary library,
            ModelPlan plan,
            List<LayerRange> stages,
            Backend backend,
            Optional<DType> quantize,
            CacheShape shape,
            int threads) {
        return parts(plan, stages)
                .map(part -> of(library, plan, part, backend, quantize, shape, threads))
                .toList();
    }

    /** The same of one stage alone. */
    public static StageEstimate of(
            KernelLibrary library,
            ModelPlan plan,
            LayerRange layers,
            Backend backend,
            Optional<DType> quantize,
            CacheShape shape,
            int threads) {
        return of(library, plan, ModelPart.stage(layers), backend, quantize, shape, threads);
    }

    private static StageEstimate of(
            KernelLibrary library,
            ModelPlan plan,
            ModelPart part,
            Backend backend,
            Optional<DType> quantize,
            CacheShape shape,
            int threads) {
        return new StageEstimate(
                MemoryEstimate.of(library, plan, part, backend, quantize),
                WorkspaceEstimate.of(library, plan.geometry(), part, backend, shape, threads));
    }

    /** What the weights of each stage and of the head take of their own, in bytes. */
    public static List<Long> weights(
            KernelLibrary library, ModelPlan plan, List<LayerRange> stages, Backend backend, Optional<DType> quantize) {
        return parts(plan, stages)
                .map(part -> MemoryEstimate.of(library, plan, part, backend, quantize)
                        .repacked())
                .toList();
    }

    private static Stream<ModelPart> parts(ModelPlan plan, List<LayerRange> stages) {
        return Stream.concat(stages.stream().map(ModelPart::stage), Stream.of(ModelPart.head(plan.geometry())));
    }

    /** Bytes that it holds of its own: all but what is used where it lies. */
    public long own() {
        return weights.repacked() + step.cache() + step.workspace() + step.adapters();
    }
}
