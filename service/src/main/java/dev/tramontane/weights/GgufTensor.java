package dev.tramontane.weights;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor of a GGUF file. Row-major: a row of {@link #cols} elements is contiguous and a whole number of blocks.
 *
 * @param name as in the file ("blk.0.attn_q.weight")
 * @param type element type
 * @param dims elements per dimension, the fastest first, all at least 1; 1 to 4 of them
 * @param offset of the data in the file, in bytes
 * @param data the data, read-only: exactly the bytes that type and dims need
 */
public record GgufTensor(String name, GgmlType type, List<Long> dims, long offset, MemorySegment data) {
    public GgufTensor {
        dims = List.copyOf(dims);
    }

    /** Elements of a row. */
    public long cols() {
        return dims.getFirst();
    }

    /** Rows: the product of all dimensions but the first. */
    public long rows() {
        long rows = 1;
        for (int i = 1; i < dims.size(); i++) {
            rows *= dims.get(i);
        }
        return rows;
    }

    /** Elements. */
    public long elements() {
        return rows() * cols();
    }

    /** Bytes of the data. */
    public long bytes() {
        return data.byteSize();
    }
}
