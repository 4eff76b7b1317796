package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.CUT_SHORT;
import static dev.tramontane.weights.ModelFileException.quoted;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the tensor entries of a GGUF header and finds each tensor's data. Rules as in {@link GgufParser}. */
final class GgufTensorTable {
    /** The format says 64; some writers go further. */
    static final int MAX_NAME_BYTES = 255;

    static final int MAX_DIMS = 4;

    /** A tensor's entry before its place is checked; {@code at} is where its offset stands in the header. */
    private record Declared(String name, GgmlType type, List<Long> dims, long offset, long bytes, long at) {}

    private final String file;
    private final MemorySegment bytes;
    private final GgufCursor cursor;
    private final int alignment;
    private final List<Declared> declared = new ArrayList<>();

    GgufTensorTable(String file, MemorySegment bytes, GgufCursor cursor, int alignment) {
        this.file = file;
        this.bytes = bytes;
        this.cursor = cursor;
        this.alignment = alignment;
    }

    /** Reads {@code count} entries at the cursor. */
    void read(int count) {
        for (int i = 0; i < count; i++) {
            declared.add(entry(i));
        }
    }

    private Declared entry(int index) {
        String name = cursor.name("the name of tensor " + index, MAX_NAME_BYTES);
        long at = cursor.position();
        long nDims = cursor.u32("the number of dimensions of", name);
        if (nDims < 1 || nDims > MAX_DIMS) {
            throw cursor.fault(at, tensor(name) + " has " + nDims + " dimensions", "1 to " + MAX_DIMS);
        }
        List<Long> dims = new ArrayList<>((int) nDims);
        long elements = 1;
        for (int d = 0; d < nDims; d++) {
            at = cursor.position();
            long dim = cursor.u64("the dimensions of", name);
            if (dim <= 0) {
                throw cursor.fault(
                        at, tensor(name) + " has a dimension of " + Long.toUnsignedString(dim), "at least 1");
            }
            if (Math.multiplyHigh(elements, dim) != 0 || elements * dim < 0) {
                throw cursor.fault(at, tensor(name) + " has more than 2^63 elements", "fewer");
            }
            elements *= dim;
            dims.add(dim);
        }
        GgmlType type = type(name);
        long blocks = elements / type.blockElements();
        if (dims.getFirst() % type.blockElements() != 0) {
            throw cursor.fault(
                    at,
                    tensor(name) + " has rows of " + dims.getFirst() + " elements",
                    "a multiple of " + type.blockElements() + " for " + type);
        }
        if (Math.multiplyHigh(blocks, type.blockBytes()) != 0 || blocks * type.blockBytes() < 0) {
            throw cursor.fault(at, tensor(name) + " takes more than 2^63 bytes", "fewer");
        }
        at = cursor.position();
        long offset = cursor.u64("the offset of", name);
        if (offset < 0 || offset % alignment != 0) {
            throw cursor.fault(
                    at,
                    tensor(name) + " lies at offset " + Long.toUnsignedString(offset),
                    "a multiple of the alignment " + alignment);
        }
        return new Declared(name, type, dims, offset, blocks * type.blockBytes(), at);
    }

    private GgmlType type(String name) {
        long at = cursor.position();
        long number = cursor.u32("the type of", name);
        return GgmlType.of(number).orElseThrow(() -> {
            String withdrawn = GgmlType.withdrawn(number);
            if (withdrawn.isEmpty()) {
                return cursor.fault(at, tensor(name) + " is of the unknown type " + number, "a type of ggml");
            }
            String found = tensor(name) + " is " + withdrawn + ", which ggml has withdrawn";
            return ModelFileException.in(file, found)
                    .at(at)
                    .expected("a current type")
                    .advice("take another quantisation of the model, Q4_0 for instance");
        });
    }

    private static String tensor(String name) {
        return "tensor " + quoted(name);
    }

    /**
     * Checks where the tensors lie and cuts out their data.
     *
     * @param dataOffset where the data begins; may lie past the end of the file
     * @return the tensors by name in the order of the file
     */
    Map<String, GgufTensor> place(long dataOffset) {
        long room = bytes.byteSize() - dataOffset;
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        for (Declared tensor : declared) {
            if (tensor.offset > room || tensor.bytes > room - tensor.offset) {
                throw ModelFileException.in(
                                file,
                                tensor(tensor.name) + " needs " + tensor.bytes + " bytes at offset " + tensor.offset
                                        + " of the data, which has " + Math.max(room, 0))
                        .at(tensor.at)
                        .expected("all of it inside the file of " + bytes.byteSize() + " bytes")
                        .advice(CUT_SHORT);
            }
            long offset = dataOffset + tensor.offset;
            MemorySegment data = bytes.asSlice(offset, tensor.bytes).asReadOnly();
            GgufTensor placed = new GgufTensor(tensor.name, tensor.type, tensor.dims, offset, file, data);
            if (tensors.put(tensor.name, placed) != null) {
                throw cursor.fault(tensor.at, "the tensor name " + quoted(tensor.name) + " is there twice", "once");
            }
        }
        checkApart();
        return tensors;
    }

    private void checkApart() {
        List<Declared> inOrder = new ArrayList<>(declared);
        inOrder.sort(Comparator.comparingLong(Declared::offset));
        for (int i = 1; i < inOrder.size(); i++) {
            Declared before = inOrder.get(i - 1);
            Declared tensor = inOrder.get(i);
            if (before.offset + before.bytes > tensor.offset) {
                throw cursor.fault(
                        tensor.at,
                        tensor(tensor.name) + " overlaps " + quoted(before.name),
                        "an offset of at least " + (before.offset + before.bytes));
            }
        }
    }
}
