package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.WeightTypes;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a model's weights will hold in memory, before it is loaded: asked of the kernel library tensor by tensor.
 *
 * @param inPlace bytes that are used straight from the mapped file
 * @param repacked bytes that the backend copies into its own layout, on a device into the device's memory
 */
public record MemoryEstimate(long inPlace, long repacked) {

    /** What both hold. */
    public MemoryEstimate plus(MemoryEstimate other) {
        return new MemoryEstimate(inPlace + other.inPlace, repacked + other.repacked);
    }

    /** The estimate of a model whose weights are computed as they are stored. */
    static MemoryEstimate of(KernelLibrary library, ModelPlan plan, Backend backend) {
        return of(library, plan, backend, Optional.empty());
    }

    /**
     * Adds up the plan. What the backend does not compute counts as used in place: loading refuses it, by name.
     *
     * @param quantize what unquantised matrices are rounded to at load; empty for nothing
     * @throws dev.tramontane.model.ModelException when the kernels can have no such tensor
     */
    public static MemoryEstimate of(KernelLibrary library, ModelPlan plan, Backend backend, Optional<DType> quantize) {
        return of(library, plan, ModelPart.whole(plan.geometry()), backend, quantize);
    }

    static MemoryEstimate of(
            KernelLibrary library, ModelPlan plan, ModelPart part, Backend backend, Optional<DType> quantize) {
        return KernelConfigs.asked(() -> add(library, plan, part, backend, quantize));
    }

    /**
     * What of a plan the backend does not compute; empty when it computes all of it.
     *
     * @param quantize as {@link #of}
     * @throws dev.tramontane.model.ModelException as {@link #of}
     */
    public static Optional<String> lacking(
            KernelLibrary library, ModelPlan plan, Backend backend, Optional<DType> quantize) {
        return KernelConfigs.asked(() -> plan.tensors().stream()
                .filter(tensor ->
                        bytes(library, plan.tied(), tensor, backend, quantize).isEmpty())
                .findFirst()
                .map(tensor -> "it does not compute weights of " + WeightTypes.atLoad(tensor, quantize) + " as "
                        + tensor.role().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
    }

    /** @param tied whether an embedding is the output head as well */
    private static OptionalLong bytes(
            KernelLibrary library, boolean tied, PlannedTensor tensor, Backend backend, Optional<DType> quantize) {
        boolean both = tensor.role() == TensorRole.TOKEN_EMBEDDING && tied;
        return library.tensorBytes(
                backend,
                both ? TensorRole.OUTPUT : tensor.role(),
                tensor.type(),
                WeightTypes.atLoad(tensor, quantize),
                tensor.rows(),
                tensor.columns());
    }

    private static MemoryEstimate add(
            KernelLibrary library, ModelPlan plan, ModelPart part, Backend backend, Optional<DType> quantize) {
        long inPlace = part.rotates() ? (long) plan.ropeFactors().length * Float.BYTES : 0;
        long repacked = 0;
        for (PlannedTensor tensor : part.tensors(plan)) {
            boolean embedding = tensor.role() == TensorRole.TOKEN_EMBEDDING;
            long copy = bytes(library, plan.tied() && part.isWhole(), tensor, backend, quantize)
                    .orElse(0);
            repacked += copy;
            // Rows of the embedding are looked up in the file where no device has them, and vectors are read in both
            // places.
            if (copy == 0 || (embedding && !backend.isDevice()) || tensor.rows() == 1) {
                inPlace += tensor.bytes();
            }
        }
        int frequencies = plan.geometry().ropeDimensions() / 2;
        if (frequencies > 0 && part.rotates()) {
            repacked += library.tensorBytes(backend, TensorRole.ROPE_FACTORS, DType.F32, DType.F32, 1, frequencies)
                    .orElse(0);
        }
        return new MemoryEstimate(inPlace, repacked);
    }
}
