package dev.tramontane.convert;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.source.PlannedTensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** One worker's memory, and the conversion of a stretch of rows in it. Not thread-safe. */
final class RowConverter {
    private final KernelLibrary library;
    private ByteBuffer gathered = ByteBuffer.allocateDirect(0);
    private ByteBuffer converted = ByteBuffer.allocateDirect(0);

    RowConverter(KernelLibrary library) {
        this.library = library;
    }

    /**
     * Rows {@code from .. from + rows - 1} of the file's order in the file's type.
     *
     * @return valid until the next call
     */
    ByteBuffer convert(PlannedTensor tensor, RowOrder order, DType type, long from, int rows) {
        long bytes = type.bytes(rows, tensor.columns());
        converted = withRoom(converted, bytes);
        library.convert(
                tensor.type(),
                // Norms of other types come converted to floats on the heap.
                order.same() && tensor.data().isNative()
                        ? slice(tensor, from, rows)
                        : gather(tensor, order, from, rows),
                type,
                MemorySegment.ofBuffer(converted),
                rows,
                tensor.columns(),
                scales(tensor, order, from, rows));
        return converted.position(0).limit(Math.toIntExact(bytes));
    }

    private static MemorySegment slice(PlannedTensor tensor, long from, long rows) {
        long rowBytes = tensor.type().bytes(1, tensor.columns());
        return tensor.data().asSlice(from * rowBytes, rows * rowBytes);
    }

    private MemorySegment gather(PlannedTensor tensor, RowOrder order, long from, int rows) {
        long rowBytes = tensor.type().bytes(1, tensor.columns());
        gathered = withRoom(gathered, rows * rowBytes);
        MemorySegment target = MemorySegment.ofBuffer(gathered);
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(tensor.data(), order.source(from + i) * rowBytes, target, i * rowBytes, rowBytes);
        }
        return target;
    }

    private static float[] scales(PlannedTensor tensor, RowOrder order, long from, int rows) {
        float[] scales = tensor.scales();
        if (scales.length < 2) {
            return scales;
        }
        float[] ordered = new float[rows];
        for (int i = 0; i < rows; i++) {
            ordered[i] = scales[Math.toIntExact(order.source(from + i))];
        }
        return ordered;
    }

    /** A cleared buffer of exactly these bytes up to its limit. */
    private static ByteBuffer withRoom(ByteBuffer buffer, long bytes) {
        int size = Math.toIntExact(bytes);
        ByteBuffer room = buffer.capacity() >= size ? buffer : ByteBuffer.allocateDirect(size);
        return room.position(0).limit(size);
    }
}
