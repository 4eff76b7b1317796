package dev.tramontane.weights;

import dev.tramontane.kernels.NativeCopies;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tensor of a safetensors file: row-major, the last dimension contiguous. Any thread while its file is open. */
public final class SafetensorsTensor implements WeightTensor {
    private final String name;
    private final SafetensorsType type;
    private final List<Long> shape;
    private final long offset;
    private final String file;
    private final MemorySegment mapped;
    private final @Nullable NativeCopies copies;
    private @Nullable MemorySegment data;

    /**
     * @param mapped exactly the bytes that type and shape need
     * @param copies holds a copy when {@code mapped} lies at an odd address; null where it does not
     */
    SafetensorsTensor(
            String name,
            SafetensorsType type,
            List<Long> shape,
            long offset,
            String file,
            MemorySegment mapped,
            @Nullable NativeCopies copies) {
        this.name = name;
        this.type = type;
        this.shape = List.copyOf(shape);
        this.offset = offset;
        this.file = file;
        this.mapped = mapped;
        this.copies = copies;
    }

    /** As in the file ("model.layers.0.self_attn.q_proj.weight"). */
    @Override
    public String name() {
        return name;
    }

    public SafetensorsType type() {
        return type;
    }

    /** Elements per dimension, the slowest first; empty for a scalar. */
    public List<Long> shape() {
        return shape;
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public String file() {
        return file;
    }

    @Override
    public long bytes() {
        return mapped.byteSize();
    }

    @Override
    public long elements() {
        return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    /**
     * Whether the file's layout leaves the data at an address that is no multiple of the element's size. Old writers did
     * not pad the header, so that all tensors of a file lie so.
     */
    boolean misaligned() {
        return copies != null;
    }

    /**
     * The data, read-only and aligned for its type: the mapped file itself, or for a {@link #misaligned} tensor a copy in
     * native memory that the first call makes and that lives as long as the file is open.
     */
    @Override
    public synchronized MemorySegment data() {
        MemorySegment known = data;
        if (known == null) {
            known = copies == null ? mapped : copies.copy(mapped, type.alignment());
            data = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}
