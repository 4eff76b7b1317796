package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.WeightTypes;
import java.util.List;
import java.util.Optional;

/**
 * What a model will hold in memory, before it is loaded.
 *
 * @param inPlace bytes of weights that are used straight from the mapped file
 * @param repacked bytes of weights that the backend copies into its own layout, on a device into the device's memory
 * @param cacheBytesPerToken keys and values of one position in all layers
 * @param cachePageBytes bytes of one page of each layer group
 */
public record MemoryEstimate(long inPlace, long repacked, long cacheBytesPerToken, List<Long> cachePageBytes) {
    /** Rows that the cpu backend packs together; the last strip of a matrix is padded to it. */
    private static final int STRIP_ROWS = 16;

    public MemoryEstimate {
        cachePageBytes = List.copyOf(cachePageBytes);
    }

    /** The estimate of a model whose weights are computed as they are stored. */
    static MemoryEstimate of(ModelPlan plan, Backend backend, int pageTokens, boolean halfPrecision) {
        return of(plan, backend, pageTokens, halfPrecision, Optional.empty());
    }

    /**
     * Adds up the plan.
     *
     * @param pageTokens positions of a page
     * @param halfPrecision F16 cache, else F32
     * @param quantize what unquantised matrices are rounded to at load; empty for nothing
     */
    public static MemoryEstimate of(
            ModelPlan plan, Backend backend, int pageTokens, boolean halfPrecision, Optional<DType> quantize) {
        long inPlace = 0;
        long repacked = 0;
        for (PlannedTensor tensor : plan.tensors()) {
            boolean embedding = tensor.role() == TensorRole.TOKEN_EMBEDDING;
            boolean multiplied = tensor.rows() > 1 && (!embedding || plan.tied());
            long packed = !multiplied ? 0 : copyBytes(backend, tensor, WeightTypes.atLoad(tensor, quantize));
            repacked += packed;
            if (backend.isDevice() && tensor.rows() == 1) {
                repacked += tensor.columns() * Float.BYTES; // norms are in both places
            }
            if (packed == 0 || embedding) {
                inPlace += tensor.bytes(); // single rows of the embedding are still looked up in the file
            }
        }
        inPlace += (long) plan.ropeFactors().length * Float.BYTES;
        ModelGeometry geometry = plan.geometry();
        if (backend.isDevice()) {
            repacked += geometry.ropeDimensions() / 2L * Float.BYTES; // the frequencies
        }
        long element = halfPrecision ? 2 : 4;
        long perLayer = 2L * geometry.kvHeads() * geometry.headDim() * element;
        return new MemoryEstimate(
                inPlace,
                repacked,
                perLayer * geometry.layers(),
                geometry.groups().stream()
                        .map(group -> perLayer * group.layers().size() * pageTokens)
                        .toList());
    }

    private static long copyBytes(Backend backend, PlannedTensor tensor, DType computedAs) {
        return switch (backend) {
            case REF -> 0;
            case CPU -> ownedBytes(tensor, computedAs);
            case CUDA, EMU -> deviceBytes(tensor, computedAs);
        };
    }

    /** Bytes of a matrix in the order of a device's kernels (cuda/arrange.cu): codes, and scales beside them. */
    private static long deviceBytes(PlannedTensor tensor, DType computedAs) {
        long units = (tensor.rows() + STRIP_ROWS - 1) / STRIP_ROWS;
        long chunks = (tensor.columns() + 127) / 128;
        return units
                * chunks
                * switch (computedAs) {
                    case Q4_0 -> 1024 + 128;
                    case Q8_0 -> 2048 + 128;
                    default -> 4096;
                };
    }

    /** Bytes of the cpu backend's own copy in its layout (cpu/pack.h); 0 for what it uses in place. */
    private static long ownedBytes(PlannedTensor tensor, DType computedAs) {
        long strips = (tensor.rows() + STRIP_ROWS - 1) / STRIP_ROWS;
        long rowBits = switch (computedAs) {
            case Q4_0, IQ4_NL -> tensor.columns() / 32 * 288;
            case Q4_1 -> tensor.columns() / 32 * 320;
            case Q5_0 -> tensor.columns() / 32 * 352;
            case Q5_1 -> tensor.columns() / 32 * 384;
            case Q8_0 -> tensor.columns() / 32 * 544;
            case Q2_K -> tensor.columns() / 256 * 1344;
            case Q3_K -> tensor.columns() / 256 * 1824;
            case Q4_K -> tensor.columns() / 256 * 2368;
            case Q5_K -> tensor.columns() / 256 * 2880;
            case Q6_K -> tensor.columns() / 256 * 3360;
            case IQ4_XS -> tensor.columns() / 256 * 2208;
            case F32, F16, BF16, F8_E4M3 ->
                computedAs == tensor.type() ? 0 : STRIP_ROWS * computedAs.bytes(1, tensor.columns());
        };
        return strips * rowBits;
    }
}
