package dev.tramontane.kernels;

import java.lang.foreign.MemorySegment;

/**
 * One tensor of a model as {@link KernelContext#setTensor} takes it: a matrix of {@code rows} outputs by {@code columns}
 * inputs, row-major. {@code data} and {@code scales} are not copied here.
 *
 * @param layer 0 for roles outside layers
 * @param expert 0 without experts
 * @param type of the elements in {@code data}
 * @param computedAs {@code type}, or a {@linkplain DType#writable() writable} type to which unquantised values are rounded
 *     in {@link KernelContext#prepare}, exactly as {@link KernelLibrary#convert} does
 * @param data native memory with at least the bytes that type and shape need
 * @param scales with {@link DType#F8_E4M3} one a row, or one for all of them, or none (all are 1): a value is scale times
 *     element; otherwise none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record TensorData(
        TensorRole role,
        int layer,
        int expert,
        DType type,
        DType computedAs,
        long rows,
        long columns,
        MemorySegment data,
        float[] scales) {
    private static final float[] NO_SCALES = {};

    /**
     * Checks what does not depend on the model.
     *
     * @throws IllegalArgumentException when shape, data, types or scales don't belong together
     */
    public TensorData {
        long bytes = type.bytes(rows, columns);
        if (!data.isNative()) {
            throw new IllegalArgumentException("the data of " + role + " must lie off-heap");
        }
        if (!data.scope().isAlive()) {
            throw new IllegalArgumentException("the data of " + role + " has been freed or unmapped");
        }
        if (data.byteSize() < bytes) {
            throw new IllegalArgumentException(role + " of " + rows + " x " + columns + " " + type + " needs " + bytes
                    + " bytes, its data has " + data.byteSize());
        }
        if (computedAs != type && !(type.unquantised() && computedAs.writable())) {
            throw new IllegalArgumentException(role + " cannot be quantised from " + type + " to " + computedAs);
        }
        computedAs.bytes(rows, columns); // refuses rows that are not whole blocks of it
        Scales.check(type, rows, scales);
    }

    /** A tensor computed in the type it is stored in, without scales. */
    public TensorData(TensorRole role, int layer, int expert, DType type, long rows, long columns, MemorySegment data) {
        this(role, layer, expert, type, type, rows, columns, data, NO_SCALES);
    }
}
