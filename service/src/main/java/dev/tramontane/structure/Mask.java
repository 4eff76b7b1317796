package dev.tramontane.structure;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A set of token ids: a list where they are few, bits where they are many. Immutable. */
final class Mask {
    private final int @Nullable [] few;
    private final long @Nullable [] many;

    private Mask(int @Nullable [] few, long @Nullable [] many) {
        this.few = few;
        this.many = many;
    }

    /** What is set in words of bits, which are copied. */
    static Mask of(long[] words) {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        if (count >= 2 * words.length) {
            return new Mask(null, words.clone());
        }
        int[] ids = new int[count];
        int found = 0;
        for (int at = 0; at < words.length; at++) {
            for (long rest = words[at]; rest != 0; rest &= rest - 1) {
                ids[found++] = 64 * at + Long.numberOfTrailingZeros(rest);
            }
        }
        return new Mask(ids, null);
    }

    /** Writes the whole set, bit i of the words for id i. */
    void write(long[] words) {
        if (many != null) {
            System.arraycopy(many, 0, words, 0, many.length);
            Arrays.fill(words, many.length, words.length, 0);
        } else {
            Arrays.fill(words, 0);
            add(words);
        }
    }

    /** Adds the whole set to what is there. */
    void add(long[] words) {
        if (many != null) {
            for (int at = 0; at < many.length; at++) {
                words[at] |= many[at];
            }
        } else if (few != null) {
            for (int id : few) {
                words[id >> 6] |= 1L << id;
            }
        }
    }

    /** Bytes of heap, about. */
    long bytes() {
        return 48 + (few == null ? 0 : 4L * few.length) + (many == null ? 0 : 8L * many.length);
    }
}
