package dev.tramontane.stages;

import dev.tramontane.model.Adapter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Small data of frames as it is written and, checked, read. */
final class Fields {
    /** Bytes of a text. */
    private static final int MOST_TEXT = 256;

    /** Types of an adapter's numbers, by their numbers here. */
    static final List<Adapter.Type> TYPES = List.of(Adapter.Type.F32, Adapter.Type.F16, Adapter.Type.BF16);

    private Fields() {}

    static ByteBuffer room(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes that a text takes at most. */
    static int textBytes() {
        return Short.BYTES + MOST_TEXT;
    }

    static void put(ByteBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MOST_TEXT) {
            throw new IllegalArgumentException("a text of the wire has at most " + MOST_TEXT + " bytes: " + text);
        }
        to.putShort((short) bytes.length).put(bytes);
    }

    static String text(ByteBuffer from) throws WireException {
        require(from, Short.BYTES);
        int length = from.getShort();
        if (length < 0 || length > MOST_TEXT) {
            throw new WireException("a text of " + length + " bytes came");
        }
        require(from, length);
        byte[] bytes = new byte[length];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A whole number within bounds. */
    static int number(ByteBuffer from, int least, int most, String what) throws WireException {
        require(from, Integer.BYTES);
        int value = from.getInt();
        if (value < least || value > most) {
            throw new WireException(what + " must be " + least + " to " + most + ", but " + value + " came");
        }
        return value;
    }

    static void require(ByteBuffer from, long bytes) throws WireException {
        if (from.remaining() < bytes) {
            throw new WireException("a frame ended too early");
        }
    }

    static void requireEnd(ByteBuffer from) throws WireException {
        if (from.hasRemaining()) {
            throw new WireException("a frame has " + from.remaining() + " bytes too many");
        }
    }
}
