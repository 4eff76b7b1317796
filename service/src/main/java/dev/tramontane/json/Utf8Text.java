package dev.tramontane.json;

import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/** Strict UTF-8 in memory, which may be a mapped file: read as characters, and searched for the place of an error. */
final class Utf8Text {
    private static final int SLICE = 1 << 16;

    private Utf8Text() {}

    /** Fails with a {@link java.nio.charset.CharacterCodingException} at the first malformed byte. */
    static Reader reader(MemorySegment utf8) {
        return new InputStreamReader(new Input(utf8), StandardCharsets.UTF_8.newDecoder());
    }

    /** Byte at which UTF-16 unit {@code unit} begins. The text before it is sound. */
    static long offsetOfUnit(MemorySegment utf8, long unit) {
        long units = 0;
        long at = 0;
        while (at < utf8.byteSize() && units < unit) {
            int lead = utf8.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            units += lead >= 0xf0 ? 2 : 1;
            at += lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        }
        return Math.min(at, utf8.byteSize());
    }

    /** The first byte that is not UTF-8, or the size when all is. */
    static long offsetOfFault(MemorySegment utf8) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer dropped = CharBuffer.allocate(SLICE);
        long at = 0;
        while (at < utf8.byteSize()) {
            long slice = Math.min(SLICE, utf8.byteSize() - at);
            ByteBuffer in = utf8.asSlice(at, slice).asByteBuffer();
            boolean last = at + slice == utf8.byteSize();
            boolean fault = decoder.decode(in, dropped.clear(), last).isError();
            at += in.position(); // A character cut by the slice is read again.
            if (fault) {
                return at;
            }
        }
        return at;
    }

    private static final class Input extends InputStream {
        private final MemorySegment bytes;
        private long at;

        Input(MemorySegment bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return at < bytes.byteSize() ? bytes.get(ValueLayout.JAVA_BYTE, at++) & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            long left = bytes.byteSize() - at;
            if (left == 0 && length > 0) {
                return -1;
            }
            int count = (int) Math.min(length, left);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, target, offset, count);
            at += count;
            return count;
        }
    }
}
