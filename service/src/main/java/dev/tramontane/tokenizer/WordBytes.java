package dev.tramontane.tokenizer;

import java.util.Arrays;

/** A stretch of well-formed text as UTF-8, in a buffer that is used again. */
final class WordBytes {
    private byte[] bytes = new byte[256];
    private int size;

    /** Replaces the content by {@code text[from, to)}. */
    void set(String text, int from, int to) {
        size = 0;
        append(text, from, to);
    }

    void clear() {
        size = 0;
    }

    void append(String text, int from, int to) {
        int most = Math.addExact(size, Math.multiplyExact(3, to - from));
        if (most > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(most, bytes.length * 2));
        }
        int n = size;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes[n++] = (byte) c;
            } else if (c < 0x800) {
                bytes[n++] = (byte) (0xC0 | (c >> 6));
                bytes[n++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate(c)) {
                int codePoint = Character.toCodePoint(c, text.charAt(++i));
                bytes[n++] = (byte) (0xF0 | (codePoint >> 18));
                bytes[n++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
                bytes[n++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
                bytes[n++] = (byte) (0x80 | (codePoint & 0x3F));
            } else {
                bytes[n++] = (byte) (0xE0 | (c >> 12));
                bytes[n++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                bytes[n++] = (byte) (0x80 | (c & 0x3F));
            }
        }
        size = n;
    }

    /** The buffer; only the first {@link #size} bytes count, until the next change. */
    byte[] array() {
        return bytes;
    }

    int size() {
        return size;
    }
}
