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
 * @param file the file that holds it, for messages
 * @param data the data, read-only: exactly the bytes that type and dims need
 */
public record GgufTensor(String name, GgmlType type, List<Long> dims, long offset, String file, MemorySegment data)
        implements WeightTensor {
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

    /**
     * One of the matrices (or rows) that lie one behind the other along the last dimension: an expert of {@code
     * blk.0.ffn_gate_exps.weight}, for instance, whose dims are columns, rows, experts.
     *
     * @param index below the last of {@link #dims}, of which there are at least two
     */
    public GgufTensor slice(int index) {
        long count = dims.getLast();
        if (dims.size() < 2 || index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("slice " + index + " of tensor " + name + " of " + dims);
        }
        long bytes = data.byteSize() / count;
        List<Long> inner = dims.subList(0, dims.size() - 1);
        return new GgufTensor(name, type, inner, offset + index * bytes, file, data.asSlice(index * bytes, bytes));
    }

    @Override
    public long elements() {
        return rows() * cols();
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }
}
