package dev.tramontane.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes one message in the wire format of protocol buffers, well-formed or not. */
final class ProtobufWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    ProtobufWriter varint(int field, long value) {
        tag(field, 0);
        raw(value);
        return this;
    }

    ProtobufWriter float32(int field, float value) {
        tag(field, 5);
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes.write(bits >>> shift);
        }
        return this;
    }

    ProtobufWriter bytes(int field, byte[] value) {
        tag(field, 2);
        raw(value.length);
        bytes.writeBytes(value);
        return this;
    }

    ProtobufWriter string(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    ProtobufWriter message(int field, ProtobufWriter value) {
        return bytes(field, value.done());
    }

    ProtobufWriter tag(int field, int wireType) {
        return raw(((long) field << 3) | wireType);
    }

    /** A bare number. */
    ProtobufWriter raw(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes.write((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return this;
    }

    byte[] done() {
        return bytes.toByteArray();
    }
}
