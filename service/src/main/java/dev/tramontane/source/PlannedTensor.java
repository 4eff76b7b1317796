package dev.tramontane.source;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import java.lang.foreign.MemorySegment;

/**
 * A tensor of a file and what it is to the model.
 *
 * @param name as in the file
 * @param layer 0 for roles outside layers
 * @param expert 0 without experts
 * @param rows outputs; 1 for vectors
 * @param columns inputs
 * @param data exactly the bytes that type and shape need, valid while the source is open
 * @param scales factors of the elements: none, one for the tensor, or one for each row
 */
public record PlannedTensor(
        String name,
        TensorRole role,
        int layer,
        int expert,
        DType type,
        long rows,
        long columns,
        MemorySegment data,
        float[] scales) {

    /** Bytes of the data. */
    public long bytes() {
        return type.bytes(rows, columns);
    }
}
