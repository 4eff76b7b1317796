package dev.tramontane.tokenizer;

import java.util.Arrays;

/** From the bytes of a piece to its id, without making a string. Open addressing; immutable once filled. */
final class PieceTable {
    private final byte[][] pieces;
    private final int[] slots;
    private final int mask;
    private int longest;

    /** @param pieces [vocab] the bytes of each token; ids are put by {@link #put} */
    PieceTable(byte[][] pieces) {
        this.pieces = pieces;
        slots = new int[Integer.highestOneBit(Math.max(pieces.length, 4)) << 2];
        Arrays.fill(slots, -1);
        mask = slots.length - 1;
    }

    /** Makes an id findable; the first of two with the same bytes wins. */
    void put(int id) {
        byte[] piece = pieces[id];
        int slot = slot(piece, 0, piece.length);
        while (slots[slot] >= 0) {
            if (Arrays.equals(pieces[slots[slot]], piece)) {
                return;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = id;
        longest = Math.max(longest, piece.length);
    }

    /** The id of {@code bytes[from, to)}, or -1. */
    int find(byte[] bytes, int from, int to) {
        if (to - from > longest) {
            return -1;
        }
        int slot = slot(bytes, from, to);
        while (slots[slot] >= 0) {
            byte[] piece = pieces[slots[slot]];
            if (piece.length == to - from && Arrays.equals(piece, 0, piece.length, bytes, from, to)) {
                return slots[slot];
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    private int slot(byte[] bytes, int from, int to) {
        long hash = (long) to - from;
        for (int i = from; i < to; i++) {
            hash = (hash ^ (bytes[i] & 0xFF)) * 0x100000001B3L;
        }
        hash *= 0x9E3779B97F4A7C15L;
        return (int) ((hash >>> 32) ^ (hash >>> 47)) & mask;
    }
}
