package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.CUT_SHORT;
import static dev.tramontane.weights.ModelFileException.DAMAGED;
import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file (format: README of huggingface/safetensors): 8 bytes with the header's length,
 * little endian, then JSON, then the data, which the tensors fill without gaps or overlaps. Trusts nothing; judges as
 * the reference implementation does, and adds limits that keep a hostile file under 64 MB of heap and a second of time.
 */
final class SafetensorsParser {
    /** The reference's own limit. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    /** Real files have up to a few thousand. */
    static final int MAX_TENSORS = 65_536;

    /** Entries of {@code __metadata__}; as a rule there is one. */
    static final int MAX_METADATA = 4096;

    static final int MAX_NAME_CHARACTERS = 512;
    static final int MAX_DIMS = 8;

    /** Names, and what {@code __metadata__} holds, together: they are kept on the heap. */
    static final int MAX_TEXT_CHARACTERS = 8 << 20;

    private static final String METADATA = "__metadata__";
    private static final JsonLimits LIMITS =
            new JsonLimits(MAX_HEADER_BYTES, 4, MAX_NAME_CHARACTERS, 1 << 20, 16L * MAX_TENSORS);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A tensor's entry; {@code begin} and {@code end} are relative to the data. */
    record Declared(String name, SafetensorsType type, List<Long> shape, long begin, long end) {}

    /** What the header says, checked: tensors in the order of their data. */
    record Header(Map<String, String> metadata, List<Declared> tensors, long dataOffset) {}

    private final String file;
    private final MemorySegment bytes;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Declared> tensors = new ArrayList<>();
    private long room;
    private long text;

    SafetensorsParser(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    Header parse() {
        long length = headerLength();
        long dataOffset = Long.BYTES + length;
        room = bytes.byteSize() - dataOffset;
        try (JsonStream json = JsonStream.open(bytes.asSlice(Long.BYTES, length), "the header", LIMITS)) {
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                if (name.equals(METADATA)) {
                    readMetadata(json);
                } else {
                    readTensor(json, name);
                }
            }
            json.end();
        } catch (InvalidJsonException invalid) {
            long at = invalid.offset() < 0 ? -1 : Long.BYTES + invalid.offset();
            throw ModelFileException.in(file, invalid.reason())
                    .at(at)
                    .cause(invalid)
                    .advice(DAMAGED);
        }
        tensors.sort(Comparator.comparingLong(Declared::begin).thenComparingLong(Declared::end));
        checkFilled(dataOffset);
        return new Header(metadata, tensors, dataOffset);
    }

    private long headerLength() {
        long size = bytes.byteSize();
        boolean plausible = size > Long.BYTES && bytes.get(ValueLayout.JAVA_BYTE, Long.BYTES) == '{';
        long length = size >= Long.BYTES ? bytes.get(LONG, 0) : 0;
        if (!plausible || length < 2 || length > MAX_HEADER_BYTES) {
            ForeignFile.recognise(file, bytes, ForeignFile.SAFETENSORS).ifPresent(foreign -> {
                throw foreign;
            });
        }
        if (size < Long.BYTES) {
            throw ModelFileException.in(file, "the file has " + size + " bytes")
                    .at(0)
                    .expected("8 with the header's length")
                    .advice(CUT_SHORT);
        }
        if (length < 2 || length > MAX_HEADER_BYTES) {
            String found = "the header's length is " + Long.toUnsignedString(length);
            throw fault(0, found, "2 to " + MAX_HEADER_BYTES);
        }
        if (length > size - Long.BYTES) {
            String found = "the header's length is " + length + ", and " + (size - Long.BYTES) + " bytes follow";
            throw ModelFileException.in(file, found)
                    .at(0)
                    .expected("the whole header")
                    .advice(CUT_SHORT);
        }
        if (!plausible) {
            throw fault(Long.BYTES, "the header does not begin with {", "a JSON object");
        }
        return length;
    }

    private void readMetadata(JsonStream json) {
        json.enterObject();
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            String value = json.string();
            keep(json, key.length() + value.length());
            metadata.put(key, value);
            if (metadata.size() > MAX_METADATA) {
                throw json.fault("__metadata__ has more than " + MAX_METADATA + " entries");
            }
        }
    }

    private void readTensor(JsonStream json, String name) {
        keep(json, name.length());
        if (tensors.size() == MAX_TENSORS) {
            throw json.fault("the header has more than " + MAX_TENSORS + " tensors");
        }
        SafetensorsType type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        json.enterObject();
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            switch (field) {
                case "dtype" -> type = type(json, name);
                case "shape" -> shape = integers(json, name, "dimensions", MAX_DIMS);
                case "data_offsets" -> offsets = integers(json, name, "data_offsets", 2);
                default -> {} // Stepped over, as the reference does.
            }
        }
        if (type == null || shape == null || offsets == null) {
            String missing = type == null ? "dtype" : shape == null ? "shape" : "data_offsets";
            throw json.fault(tensor(name) + " has no " + missing);
        }
        if (offsets.size() != 2) {
            throw json.fault(tensor(name) + " has " + offsets.size() + " data_offsets, expected 2");
        }
        long begin = offsets.getFirst();
        long end = offsets.getLast();
        long needed = neededBytes(json, name, type, shape);
        if (begin > end) {
            throw json.fault(tensor(name) + " ends at " + end + " before it begins at " + begin);
        }
        if (end - begin != needed) {
            throw json.fault(tensor(name) + " has " + (end - begin) + " bytes, expected " + needed + " for " + type
                    + " " + shape);
        }
        if (end > room) {
            throw ModelFileException.in(file, tensor(name) + " ends at byte " + end + " of the data, which has " + room)
                    .at(json.fault("").offset() + Long.BYTES)
                    .expected("all of it inside the file of " + bytes.byteSize() + " bytes")
                    .advice(CUT_SHORT);
        }
        tensors.add(new Declared(name, type, shape, begin, end));
    }

    private static SafetensorsType type(JsonStream json, String name) {
        String type = json.string();
        return SafetensorsType.of(type)
                .orElseThrow(() -> json.fault(
                        tensor(name) + " is of the unknown type " + quoted(type) + ", expected a type of safetensors"));
    }

    private static List<Long> integers(JsonStream json, String name, String what, int limit) {
        List<Long> values = new ArrayList<>(4);
        json.enterArray();
        while (json.nextElement()) {
            if (values.size() == limit) {
                throw json.fault(tensor(name) + " has more than " + limit + " " + what);
            }
            values.add(json.integer(0, Long.MAX_VALUE));
        }
        return values;
    }

    private static long neededBytes(JsonStream json, String name, SafetensorsType type, List<Long> shape) {
        long bits = type.bits();
        for (long dim : shape) {
            if (Math.multiplyHigh(bits, dim) != 0 || bits * dim < 0) {
                throw json.fault(tensor(name) + " takes more than 2^60 bytes");
            }
            bits *= dim;
        }
        if (bits % Byte.SIZE != 0) {
            throw json.fault(tensor(name) + " takes " + bits + " bits, expected whole bytes");
        }
        return bits / Byte.SIZE;
    }

    /** Checks that the tensors fill the data from its first byte to its last, each byte once. */
    private void checkFilled(long dataOffset) {
        String before = "";
        long filled = 0;
        for (Declared tensor : tensors) {
            if (tensor.begin < filled) {
                String found = tensor(tensor.name) + " overlaps " + quoted(before);
                throw fault(dataOffset + tensor.begin, found, "it to begin at byte " + filled + " of the data");
            }
            if (tensor.begin > filled) {
                String found =
                        (tensor.begin - filled) + " bytes before " + tensor(tensor.name) + " belong to no tensor";
                throw fault(dataOffset + filled, found, "no gaps");
            }
            filled = tensor.end;
            before = tensor.name;
        }
        if (filled != room) {
            String found = (room - filled) + " bytes after the last tensor belong to no tensor";
            throw fault(dataOffset + filled, found, "the end of the file");
        }
    }

    private void keep(JsonStream json, int characters) {
        text += characters;
        if (text > MAX_TEXT_CHARACTERS) {
            throw json.fault(
                    "the header's names and metadata exceed " + (MAX_TEXT_CHARACTERS >> 20) + " million characters");
        }
    }

    private ModelFileException fault(long offset, String found, String expected) {
        return ModelFileException.in(file, found).at(offset).expected(expected).advice(DAMAGED);
    }

    private static String tensor(String name) {
        return "tensor " + quoted(name);
    }
}
