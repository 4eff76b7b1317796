package dev.tramontane.weights;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a GGUF file will hold: metadata, and the name, type and shape of every tensor, in the order in which they are
 * added (version 3, little endian; ggml's {@code docs/gguf.md}). Once all is declared, every offset is known. Keys and
 * names are the caller's own and checked as such: a fault is an {@link IllegalArgumentException}. Not thread-safe.
 */
public final class GgufDraft {
    private static final int VERSION = 3;
    private static final int ALIGNMENT = GgufParser.DEFAULT_ALIGNMENT;

    /** A tensor of the file to be: where its data lies after the header, and how many bytes it takes. */
    record Place(String name, long offset, long bytes) {}

    private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
    private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
    private final Set<String> keys = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private final List<Place> places = new ArrayList<>();
    private long dataBytes;

    public GgufDraft string(String key, String value) {
        begin(key, GgufValueType.STRING);
        string(entries, value);
        return this;
    }

    /** An unsigned value of 32 bits. */
    public GgufDraft u32(String key, long value) {
        if (value < 0 || value > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException(key + " must fit in 32 bits, got " + value);
        }
        begin(key, GgufValueType.U32);
        number(entries, value, 4);
        return this;
    }

    public GgufDraft f32(String key, float value) {
        begin(key, GgufValueType.F32);
        number(entries, Float.floatToRawIntBits(value), 4);
        return this;
    }

    public GgufDraft bool(String key, boolean value) {
        begin(key, GgufValueType.BOOL);
        entries.write(value ? 1 : 0);
        return this;
    }

    public GgufDraft strings(String key, List<String> values) {
        beginArray(key, GgufValueType.STRING, values.size());
        values.forEach(value -> string(entries, value));
        return this;
    }

    public GgufDraft ints(String key, int... values) {
        beginArray(key, GgufValueType.I32, values.length);
        for (int value : values) {
            number(entries, value, 4);
        }
        return this;
    }

    public GgufDraft floats(String key, float... values) {
        beginArray(key, GgufValueType.F32, values.length);
        for (float value : values) {
            number(entries, Float.floatToRawIntBits(value), 4);
        }
        return this;
    }

    public GgufDraft bools(String key, List<Boolean> values) {
        beginArray(key, GgufValueType.BOOL, values.size());
        values.forEach(value -> entries.write(value ? 1 : 0));
        return this;
    }

    /**
     * A tensor.
     *
     * @param dims elements per dimension, the fastest (columns) first; 1 to 4 of them, the first a whole number of
     *     blocks
     * @return its index, by which its data is written
     */
    public int tensor(String name, GgmlType type, long... dims) {
        if (dims.length < 1 || dims.length > GgufTensorTable.MAX_DIMS) {
            throw new IllegalArgumentException(name + " must have 1 to 4 dimensions, got " + dims.length);
        }
        if (utf8(name).length > GgufTensorTable.MAX_NAME_BYTES || !names.add(name)) {
            throw new IllegalArgumentException("the tensor name " + name + " is too long or there already");
        }
        if (dims[0] % type.blockElements() != 0) {
            throw new IllegalArgumentException(
                    name + " has rows of " + dims[0] + ", not a multiple of " + type.blockElements() + " for " + type);
        }
        long bytes = type.blockBytes();
        string(infos, name);
        number(infos, dims.length, 4);
        for (int d = 0; d < dims.length; d++) {
            if (dims[d] < 1) {
                throw new IllegalArgumentException(name + " has a dimension of " + dims[d]);
            }
            number(infos, dims[d], 8);
            bytes = Math.multiplyExact(bytes, d == 0 ? dims[0] / type.blockElements() : dims[d]);
        }
        number(infos, type.number(), 4);
        number(infos, dataBytes, 8);
        places.add(new Place(name, dataBytes, bytes));
        dataBytes = align(Math.addExact(dataBytes, bytes));
        return places.size() - 1;
    }

    /** Bytes of the whole file. */
    public long bytes() {
        return align(headerBytes()) + dataBytes;
    }

    /** Tensors in order, offsets counted from the start of the file. */
    List<Place> places() {
        long data = align(headerBytes());
        return places.stream()
                .map(place -> new Place(place.name(), data + place.offset(), place.bytes()))
                .toList();
    }

    /** Everything before the padding in front of the data. */
    byte[] header() {
        ByteArrayOutputStream header = new ByteArrayOutputStream(Math.toIntExact(headerBytes()));
        header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        number(header, VERSION, 4);
        number(header, places.size(), 8);
        number(header, keys.size(), 8);
        header.writeBytes(entries.toByteArray());
        header.writeBytes(infos.toByteArray());
        return header.toByteArray();
    }

    private long headerBytes() {
        return 4 + 4 + 8 + 8 + (long) entries.size() + infos.size();
    }

    private void begin(String key, GgufValueType type) {
        int length = utf8(key).length;
        if (length < 1 || length > GgufParser.MAX_KEY_BYTES || !keys.add(key)) {
            throw new IllegalArgumentException("the metadata key " + key + " is empty, too long or there already");
        }
        string(entries, key);
        number(entries, type.number(), 4);
    }

    private void beginArray(String key, GgufValueType elements, int length) {
        begin(key, GgufValueType.ARRAY);
        number(entries, elements.number(), 4);
        number(entries, length, 8);
    }

    private static void string(ByteArrayOutputStream out, String value) {
        byte[] bytes = utf8(value);
        number(out, bytes.length, 8);
        out.writeBytes(bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void number(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    private static long align(long offset) {
        return Math.addExact(offset, ALIGNMENT - 1) & -ALIGNMENT;
    }
}
