package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * From the bytes of a piece to its id, without making a string. Open addressing; immutable once filled, then any thread.
 *
 * <p>The hash is polynomial, so that those of all beginnings and ends of a piece take one pass, and its base is random:
 * no file can be made whose pieces all collide.
 */
final class PieceTable {
    /** {@link #find(String, int, int)} found a character that is not ASCII. */
    static final int NOT_ASCII = -2;

    private static final long BASE = new SplittableRandom().nextLong() | 1;
    /** What the base must be multiplied by to give 1, modulo 2^64. */
    private static final long INVERSE = inverse(BASE);

    private static final long FREE = -1L;

    private final byte[][] pieces;
    /** The upper half of a piece's hash above its id, or {@link #FREE}. */
    private final long[] slots;

    private final int mask;
    private int longest;

    /** @param pieces [symbols] the bytes of each; made findable by {@link #put} */
    PieceTable(byte[][] pieces) {
        this.pieces = pieces;
        slots = new long[Integer.highestOneBit(Math.max(pieces.length, 4)) << 2];
        Arrays.fill(slots, FREE);
        mask = slots.length - 1;
    }

    /** Makes an id findable; false if another with the same bytes is there, which stays. */
    boolean put(int id) {
        byte[] piece = pieces[id];
        long hash = spread(hash(piece, 0, piece.length));
        int slot = (int) hash & mask;
        while (slots[slot] != FREE) {
            if (isPiece(slots[slot], hash, piece, 0, piece.length)) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = (hash & ~0xFFFFFFFFL) | id;
        longest = Math.max(longest, piece.length);
        return true;
    }

    /** The id of {@code bytes[from, to)}, or -1. */
    int find(byte[] bytes, int from, int to) {
        return to - from > longest ? -1 : find(hash(bytes, from, to), bytes, from, to);
    }

    private int find(long rawHash, byte[] bytes, int from, int to) {
        long hash = spread(rawHash);
        int slot = (int) hash & mask;
        while (slots[slot] != FREE) {
            if (isPiece(slots[slot], hash, bytes, from, to)) {
                return (int) slots[slot];
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    /** The id of {@code text[from, to)}, -1, or {@link #NOT_ASCII} if it has to be looked up by its bytes. */
    int find(String text, int from, int to) {
        long hash = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                return NOT_ASCII;
            }
            hash = hash * BASE + c + 1;
        }
        if (to - from > longest) {
            return -1;
        }
        hash = spread(hash);
        int slot = (int) hash & mask;
        while (slots[slot] != FREE) {
            if (((slots[slot] ^ hash) >>> 32) == 0 && spells(pieces[(int) slots[slot]], text, from, to)) {
                return (int) slots[slot];
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    private boolean isPiece(long slot, long hash, byte[] bytes, int from, int to) {
        if (((slot ^ hash) >>> 32) != 0) {
            return false;
        }
        byte[] piece = pieces[(int) slot];
        return Arrays.equals(piece, 0, piece.length, bytes, from, to);
    }

    private static boolean spells(byte[] piece, String text, int from, int to) {
        if (piece.length != to - from) {
            return false;
        }
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] != (byte) text.charAt(from + i)) {
                return false;
            }
        }
        return true;
    }

    /** Takes each way to divide a piece into two others. */
    @FunctionalInterface
    interface DivisionSink {
        void division(int left, int right);
    }

    /**
     * Gives every two findable pieces that make {@code piece}; linear in its length but for the comparisons.
     *
     * @param atCharacters whether it is divided between characters only, and not between any two bytes
     */
    void divide(byte[] piece, boolean atCharacters, DivisionSink sink) {
        int length = piece.length;
        long whole = hash(piece, 0, length);
        long left = 0;
        long power = 1;
        for (int i = 1; i < length; i++) {
            power *= BASE;
        }
        // The hash of what follows is the whole's without the beginning's, moved up by as many bytes as follow.
        for (int middle = 1; middle < length; middle++) {
            left = left * BASE + (piece[middle - 1] & 0xFF) + 1;
            long right = whole - left * power;
            power *= INVERSE;
            if (atCharacters && (piece[middle] & 0xC0) == 0x80) {
                continue;
            }
            if (middle > longest || length - middle > longest) {
                continue;
            }
            int first = find(left, piece, 0, middle);
            int second = first < 0 ? -1 : find(right, piece, middle, length);
            if (second >= 0) {
                sink.division(first, second);
            }
        }
    }

    /** Newton's iteration; each step doubles the bits that are right. */
    private static long inverse(long odd) {
        long inverse = odd;
        for (int i = 0; i < 6; i++) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }

    private static long hash(byte[] bytes, int from, int to) {
        long hash = 0;
        for (int i = from; i < to; i++) {
            hash = hash * BASE + (bytes[i] & 0xFF) + 1;
        }
        return hash;
    }

    private static long spread(long hash) {
        long mixed = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 29);
    }
}
