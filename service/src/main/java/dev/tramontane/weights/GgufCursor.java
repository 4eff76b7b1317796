package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.CUT_SHORT;
import static dev.tramontane.weights.ModelFileException.DAMAGED;
import static dev.tramontane.weights.ModelFileException.quoted;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the primitives of a GGUF header in order, each checked against the bytes that remain. One thread. */
final class GgufCursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final MemorySegment bytes;
    private long at;

    /** @param at first byte to read, inside {@code bytes} */
    GgufCursor(String file, MemorySegment bytes, long at) {
        this.file = file;
        this.bytes = bytes;
        this.at = at;
    }

    long position() {
        return at;
    }

    long remaining() {
        return bytes.byteSize() - at;
    }

    /* Each reader takes what it reads and whose it is ("the value of", "general.name"; the name may be empty): the
     * two are put together only for an error, because some readers run millions of times. */

    int u8(String what, String name) {
        need(1, what, name);
        return bytes.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
    }

    int u16(String what, String name) {
        need(2, what, name);
        int value = bytes.get(SHORT, at) & 0xffff;
        at += 2;
        return value;
    }

    long u32(String what, String name) {
        need(4, what, name);
        long value = bytes.get(INT, at) & 0xffffffffL;
        at += 4;
        return value;
    }

    /** All 64 bits; negative when the unsigned value is 2^63 or more. */
    long u64(String what, String name) {
        need(8, what, name);
        long value = bytes.get(LONG, at);
        at += 8;
        return value;
    }

    /** A length or count that has to lie in {@code 0..limit}. */
    long count(String what, String name, long limit) {
        return count(what, name, limit, "");
    }

    private long count(String what, String name, long limit, String unit) {
        long start = at;
        long value = u64(what, name);
        if (value < 0 || value > limit) {
            String found = label(what, name) + " is " + Long.toUnsignedString(value) + unit;
            throw fault(start, found, "at most " + limit);
        }
        return value;
    }

    /** A string of 1 to {@code limit} bytes, which has to be UTF-8: a key or a tensor's name. */
    String name(String what, int limit) {
        long length = count(what, "", limit, " bytes long");
        need(length, what, "");
        if (length == 0) {
            throw fault(at - Long.BYTES, what + " is empty", "a name");
        }
        String text = decode(file, bytes, at, (int) length, what, "");
        at += length;
        return text;
    }

    /** Steps over a string of at most {@code limit} bytes without looking at them; returns its length. */
    long skipString(String what, String name, int limit) {
        long start = at;
        long length = u64(what, name);
        if (length < 0 || length > limit) {
            String found = label(what, name) + " holds a string of " + Long.toUnsignedString(length) + " bytes";
            throw fault(start, found, "at most " + limit);
        }
        skip(length, what, name);
        return length;
    }

    void skip(long length, String what, String name) {
        need(length, what, name);
        at += length;
    }

    private static String label(String what, String name) {
        return name.isEmpty() ? what : what + " " + quoted(name);
    }

    ModelFileException fault(long offset, String found, String expected) {
        return ModelFileException.in(file, found).at(offset).expected(expected).advice(DAMAGED);
    }

    private void need(long length, String what, String name) {
        if (length > remaining()) {
            String found = "the file ends inside " + label(what, name) + ", with " + remaining() + " bytes left";
            throw ModelFileException.in(file, found)
                    .at(at)
                    .expected(length + " bytes")
                    .advice(CUT_SHORT);
        }
    }

    /** Decodes UTF-8 strictly. The range lies inside {@code bytes}. */
    static String decode(String file, MemorySegment bytes, long offset, int length, String what, String name) {
        byte[] utf8 = new byte[length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, offset, utf8, 0, length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException malformed) {
            String found = label(what, name) + " is not UTF-8";
            throw ModelFileException.in(file, found)
                    .at(offset)
                    .expected("UTF-8 of " + length + " bytes")
                    .cause(malformed)
                    .advice(DAMAGED);
        }
    }
}
