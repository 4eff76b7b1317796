package dev.tramontane.tokenizer;

import java.util.Arrays;

/**
 * Text from the bytes of tokens; holds back at most three bytes, and only ones that may yet become a character. Written
 * by hand because the JDK's decoder replaces the three bytes of an encoded surrogate by one U+FFFD instead of three.
 */
final class Utf8Decoder implements TokenDecoder {
    private static final char REPLACEMENT = '\uFFFD';

    private final Tokenizer tokenizer;
    private boolean stripSpace;
    private byte[] held = {};

    /** @param stripSpace whether a space that begins the stream is left out */
    Utf8Decoder(Tokenizer tokenizer, boolean stripSpace) {
        this.tokenizer = tokenizer;
        this.stripSpace = stripSpace;
    }

    @Override
    public String push(int id) {
        byte[] bytes = tokenizer.bytes(id);
        if (bytes.length == 0) {
            return "";
        }
        if (stripSpace) {
            stripSpace = false;
            if (bytes[0] == ' ') {
                bytes = Arrays.copyOfRange(bytes, 1, bytes.length);
            }
        }
        if (held.length > 0) {
            byte[] joined = Arrays.copyOf(held, held.length + bytes.length);
            System.arraycopy(bytes, 0, joined, held.length, bytes.length);
            bytes = joined;
        }
        StringBuilder text = new StringBuilder(bytes.length);
        int at = 0;
        while (at < bytes.length) {
            int end = subpartEnd(bytes, at);
            if (end == bytes.length && end - at < length(bytes[at])) {
                break;
            }
            append(text, bytes, at, end);
            at = end;
        }
        held = Arrays.copyOfRange(bytes, at, bytes.length);
        return text.toString();
    }

    @Override
    public String finish() {
        // What is held is the beginning of one sequence: one maximal subpart.
        String rest = held.length == 0 ? "" : String.valueOf(REPLACEMENT);
        held = new byte[0];
        return rest;
    }

    /** Bytes of the sequence with that lead; 1 for bytes that lead none. */
    private static int length(byte lead) {
        int value = lead & 0xFF;
        return value < 0xC2 || value > 0xF4 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
    }

    /** The end of the longest beginning of a well-formed sequence at {@code at} (Unicode 17, table 3-7). */
    private static int subpartEnd(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        int most = Math.min(at + length(bytes[at]), bytes.length);
        int end = at + 1;
        while (end < most && mayFollow(lead, end - at, bytes[end] & 0xFF)) {
            end++;
        }
        return end;
    }

    /** Whether a byte is well-formed there: no overlong forms, surrogates or values past U+10FFFF. */
    private static boolean mayFollow(int lead, int index, int value) {
        boolean second = index == 1;
        int low = second && lead == 0xE0 ? 0xA0 : second && lead == 0xF0 ? 0x90 : 0x80;
        int high = second && lead == 0xED ? 0x9F : second && lead == 0xF4 ? 0x8F : 0xBF;
        return value >= low && value <= high;
    }

    private static void append(StringBuilder text, byte[] bytes, int at, int end) {
        int lead = bytes[at] & 0xFF;
        if (lead < 0x80) {
            text.append((char) lead);
        } else if (end - at == 1 || end - at < length(bytes[at])) {
            text.append(REPLACEMENT);
        } else {
            int codePoint = lead & (0x7F >> (end - at));
            for (int i = at + 1; i < end; i++) {
                codePoint = (codePoint << 6) | (bytes[i] & 0x3F);
            }
            text.appendCodePoint(codePoint);
        }
    }
}
