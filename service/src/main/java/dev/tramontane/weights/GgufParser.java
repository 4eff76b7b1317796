package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.CUT_SHORT;
import static dev.tramontane.weights.ModelFileException.DAMAGED;
import static dev.tramontane.weights.ModelFileException.quoted;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the header of a GGUF file (docs/gguf.md of the ggml project, versions 2 and 3, little endian). Trusts nothing:
 * every length, count, type and offset is checked before it is used, in arithmetic that cannot overflow, and nothing is
 * allocated by a number from the file that the bytes of the file don't bear out. The limits are far above real files
 * and keep a hostile one under 64 MB of heap and a second of time.
 */
final class GgufParser {
    /** Real files have 20 to 60 metadata entries and up to a few thousand tensors. */
    static final int MAX_ENTRIES = 65_536;

    static final int MAX_TENSORS = 65_536;

    /** The format's own limit on keys. */
    static final int MAX_KEY_BYTES = 65_535;

    /** Keys together: they are kept on the heap. */
    static final int MAX_KEYS_BYTES = 4 << 20;

    /** A string value; the longest real ones are chat templates of some 20 kB. */
    static final int MAX_STRING_BYTES = 1 << 20;

    /** The kernels' limit on vocabularies; merges stay under it as well. */
    static final int MAX_ARRAY = 4_194_304;

    /** Real headers take up to 30 MB. */
    static final long MAX_HEADER_BYTES = 256L << 20;

    static final int DEFAULT_ALIGNMENT = 32;
    static final int MAX_ALIGNMENT = 1 << 20;

    private final String file;
    private final MemorySegment bytes;
    private final GgufCursor cursor;

    GgufParser(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
        this.cursor = new GgufCursor(file, bytes, 0);
    }

    /** What the header says, checked. */
    record Header(
            int version, GgufMetadata metadata, Map<String, GgufTensor> tensors, int alignment, long dataOffset) {}

    Header parse() {
        int version = version();
        long tensorCount = cursor.count("the tensor count", "", MAX_TENSORS);
        long entryCount = cursor.count("the metadata count", "", MAX_ENTRIES);
        // The least a tensor (8 + 1 + 4 + 8 + 4 + 8) and an entry (8 + 1 + 4 + 1) can take.
        long least = tensorCount * 33 + entryCount * 14;
        if (least > cursor.remaining()) {
            throw ModelFileException.in(
                            file,
                            tensorCount + " tensors and " + entryCount + " metadata entries in the "
                                    + cursor.remaining() + " bytes that follow")
                    .at(8)
                    .expected("at least " + least + " bytes")
                    .advice(CUT_SHORT);
        }
        GgufMetadata metadata = metadata((int) entryCount);
        int alignment = alignment(metadata);
        GgufTensorTable table = new GgufTensorTable(file, bytes, cursor, alignment);
        table.read((int) tensorCount);
        long dataOffset = (cursor.position() + alignment - 1) & -alignment;
        return new Header(version, metadata, table.place(dataOffset), alignment, dataOffset);
    }

    private int version() {
        if (cursor.remaining() < 4 || cursor.u32("the magic", "") != 0x46554747L) {
            throw ForeignFile.notGguf(file, bytes);
        }
        long version = cursor.u32("the version", "");
        if (version == 2 || version == 3) {
            return (int) version;
        }
        long swapped = Integer.reverseBytes((int) version) & 0xffffffffL;
        if (swapped >= 1 && swapped <= 16) {
            throw ModelFileException.in(file, "this is a big-endian GGUF file of version " + swapped)
                    .at(4)
                    .expected("a little-endian one")
                    .advice("download the little-endian file, or convert it with gguf-py's gguf_convert_endian.py");
        }
        String advice = version == 1
                ? "download a newer file of the model"
                : version <= 16 ? "it is newer than this program: update Tramontane" : DAMAGED;
        throw ModelFileException.in(file, "the GGUF version is " + version)
                .at(4)
                .expected("2 or 3")
                .advice(advice);
    }

    private GgufMetadata metadata(int count) {
        Map<String, GgufMetadata.Entry> entries = new LinkedHashMap<>();
        long keyBytes = 0;
        for (int i = 0; i < count; i++) {
            long at = cursor.position();
            String key = cursor.name("the key of metadata entry " + i, MAX_KEY_BYTES);
            keyBytes += cursor.position() - at;
            if (keyBytes > MAX_KEYS_BYTES) {
                throw cursor.fault(at, "the metadata keys together exceed " + (MAX_KEYS_BYTES >> 20) + " MiB", "less");
            }
            GgufMetadata.Entry entry = entry(key);
            if (entries.put(key, entry) != null) {
                throw cursor.fault(at, "the metadata key " + quoted(key) + " is there twice", "once");
            }
            if (cursor.position() > MAX_HEADER_BYTES) {
                throw cursor.fault(at, "the metadata runs past " + (MAX_HEADER_BYTES >> 20) + " MiB", "less");
            }
        }
        return new GgufMetadata(file, bytes, entries);
    }

    private GgufMetadata.Entry entry(String key) {
        GgufValueType type = valueType("the type of", key);
        if (type == GgufValueType.ARRAY) {
            return array(key);
        }
        long length = type.bytes();
        if (type == GgufValueType.STRING) {
            length = cursor.skipString("the value of", key, MAX_STRING_BYTES);
            return new GgufMetadata.Entry(type, null, 1, cursor.position() - length, length);
        }
        long at = cursor.position();
        cursor.skip(length, "the value of", key);
        if (type == GgufValueType.BOOL) {
            checkBools(key, at, 1);
        }
        return new GgufMetadata.Entry(type, null, 1, at, length);
    }

    private GgufMetadata.Entry array(String key) {
        long typeAt = cursor.position();
        GgufValueType element = valueType("the element type of", key);
        if (element == GgufValueType.ARRAY) {
            throw ModelFileException.in(file, "the array " + quoted(key) + " holds arrays")
                    .at(typeAt)
                    .expected("strings or numbers")
                    .advice("this version reads no nested arrays: take another file of this model");
        }
        long count = cursor.count("the length of", key, MAX_ARRAY);
        long at = cursor.position();
        if (element == GgufValueType.STRING) {
            walkStrings(key, count);
        } else {
            cursor.skip(count * element.bytes(), "the array", key); // at most 2^22 * 8
        }
        if (element == GgufValueType.BOOL) {
            checkBools(key, at, count);
        }
        return new GgufMetadata.Entry(GgufValueType.ARRAY, element, count, at, cursor.position() - at);
    }

    private void walkStrings(String key, long count) {
        long at = cursor.position();
        if (count * Long.BYTES > cursor.remaining()) {
            cursor.skip(count * Long.BYTES, "the array", key);
        }
        for (long i = 0; i < count; i++) {
            cursor.skipString("the array", key, MAX_STRING_BYTES);
            if (cursor.position() - at > MAX_HEADER_BYTES) {
                throw cursor.fault(
                        at, "the array " + quoted(key) + " runs past " + (MAX_HEADER_BYTES >> 20) + " MiB", "less");
            }
        }
    }

    private void checkBools(String key, long at, long count) {
        GgufCursor bools = new GgufCursor(file, bytes, at);
        for (long i = 0; i < count; i++) {
            int value = bools.u8("the bools of", key);
            if (value > 1) {
                throw cursor.fault(at + i, "a bool of " + quoted(key) + " is " + value, "0 or 1");
            }
        }
    }

    private GgufValueType valueType(String what, String key) {
        long at = cursor.position();
        long number = cursor.u32(what, key);
        return GgufValueType.of(number)
                .orElseThrow(() -> cursor.fault(at, what + " " + quoted(key) + " is " + number, "0 to 12"));
    }

    private int alignment(GgufMetadata metadata) {
        String key = "general.alignment";
        long alignment = metadata.findInteger(key, 0, Integer.MAX_VALUE).orElse(DEFAULT_ALIGNMENT);
        if (alignment < 8 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw metadata.fault(
                    key, quoted(key) + " is " + alignment, "a power of two from 8 to " + MAX_ALIGNMENT, DAMAGED);
        }
        return (int) alignment;
    }
}
