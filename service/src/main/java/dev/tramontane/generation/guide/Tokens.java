package dev.tramontane.generation.guide;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/** The vocabulary as guides need it: what is text, and what stands for none. Immutable. */
public final class Tokens {
    private final int size;
    private final IntFunction<byte[]> bytes;
    private final long[] texts;
    private final long[] continuations;

    /**
     * @param size ids that the model may draw
     * @param silent whether an id is a control token, or none at all
     * @param bytes that an id stands for
     */
    public Tokens(int size, IntPredicate silent, IntFunction<byte[]> bytes) {
        this.size = size;
        this.bytes = bytes;
        texts = new long[(size + 63) / 64];
        continuations = new long[texts.length];
        for (int id = 0; id < size; id++) {
            if (!silent.test(id)) {
                texts[id >> 6] |= 1L << id;
                byte[] spelled = bytes.apply(id);
                if (spelled.length == 1 && (spelled[0] & 0xc0) == 0x80) {
                    continuations[id >> 6] |= 1L << id;
                }
            }
        }
    }

    boolean isSilent(int id) {
        return id < 0 || id >= size || (texts[id >> 6] & 1L << id) == 0;
    }

    byte[] bytes(int id) {
        return bytes.apply(id);
    }

    void writeTexts(long[] words) {
        Arrays.fill(words, 0);
        System.arraycopy(texts, 0, words, 0, texts.length);
    }

    /** Those of one byte that goes on with a character. */
    void writeContinuations(long[] words) {
        Arrays.fill(words, 0);
        System.arraycopy(continuations, 0, words, 0, continuations.length);
    }

    /** Of these tokens, those of one byte that goes on with a character, if there are any. */
    void keepContinuations(long[] words) {
        boolean any = false;
        for (int i = 0; i < continuations.length; i++) {
            any |= (words[i] & continuations[i]) != 0;
        }
        for (int i = 0; any && i < continuations.length; i++) {
            words[i] &= continuations[i];
        }
    }

    void writeAll(long[] words) {
        Arrays.fill(words, 0);
        Arrays.fill(words, 0, size >> 6, -1L);
        if (size % 64 > 0) {
            words[size >> 6] = (1L << size) - 1;
        }
    }
}
