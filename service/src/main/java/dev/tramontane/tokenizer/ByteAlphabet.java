package dev.tramontane.tokenizer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The 256 characters in which byte-level vocabularies spell bytes ({@code bytes_to_unicode} in GPT-2's
 * {@code encoder.py}): printable Latin-1 stands for itself, the other bytes are U+0100 and up in order.
 */
final class ByteAlphabet {
    /** [character] its byte, or -1. */
    private static final int[] BYTES = new int[0x100 + 68];
    /** [byte] its character. */
    private static final char[] CHARACTERS = new char[256];

    static {
        Arrays.fill(BYTES, -1);
        int next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            CHARACTERS[b] = (char) (itself ? b : next++);
            BYTES[CHARACTERS[b]] = b;
        }
    }

    private ByteAlphabet() {}

    /** The byte of that character, or -1 if it is not in the alphabet. */
    static int byteOf(char c) {
        return c < BYTES.length ? BYTES[c] : -1;
    }

    /** The piece that spells these bytes. */
    static String spell(byte[] bytes) {
        char[] piece = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            piece[i] = CHARACTERS[bytes[i] & 0xFF];
        }
        return new String(piece);
    }

    /** Whether the piece is spelled in the alphabet. */
    static boolean spells(String piece) {
        return piece.chars().allMatch(c -> byteOf((char) c) >= 0);
    }

    /** The bytes of a piece; one that is not spelled in the alphabet stands for its own UTF-8, as in the reference. */
    static byte[] bytes(String piece) {
        if (!spells(piece)) {
            return PieceTokenizer.utf8(piece);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(piece.length());
        for (int i = 0; i < piece.length(); i++) {
            bytes.write(byteOf(piece.charAt(i)));
        }
        return bytes.toByteArray();
    }
}
