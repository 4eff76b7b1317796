package dev.tramontane.kernels;

import java.lang.foreign.MemorySegment;

/**
 * One matrix's part of an adapter: {@code tm_adapter_part} of tramontane.h. The data is copied as it is loaded.
 *
 * @param role the matrix that it adapts: q, k, v or out of attention, or gate, up or down
 * @param layer of the matrix
 * @param rank rows of {@code a}, columns of {@code b}
 * @param scale of the product
 * @param halves whether the rows of {@code b} for q and k lie in the order in which element i rotates with
 *     i + dimensions/2, else with 2i and 2i+1 side by side
 * @param aType F32, F16 or BF16
 * @param a rank rows as long as the matrix's, off-heap
 * @param bType F32, F16 or BF16
 * @param b as many rows as the matrix has, of rank elements, off-heap
 */
public record AdapterPart(
        TensorRole role,
        int layer,
        int rank,
        float scale,
        boolean halves,
        DType aType,
        MemorySegment a,
        DType bType,
        MemorySegment b) {
    public AdapterPart {
        for (MemorySegment data : new MemorySegment[] {a, b}) {
            if (!data.isNative()) {
                throw new IllegalArgumentException("the data of an adapter's " + role + " must lie off-heap");
            }
            if (!data.scope().isAlive()) {
                throw new IllegalArgumentException("the data of an adapter's " + role + " has been freed or unmapped");
            }
        }
    }
}
