package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.Arrays;

/**
 * The tokens that penalties look at, each once, with how often it was generated: an open-addressed index into
 * (token, count) pairs, kept up to date token by token. Engine thread only.
 */
final class TokenCounts {
    private static final int EMPTY = 0;

    /** (token, count) pairs in order of first sight. */
    private int[] pairs = new int[64];

    private int size;

    /** One more than the number of the pair with a token of this hash, or {@link #EMPTY}; a power of two long. */
    private int[] index = new int[128];

    /**
     * Prompt tokens matter to the repetition penalty alone, and there with a count of 0.
     *
     * @param continued of the prompt's tokens, its last, were generated
     */
    TokenCounts(Sampling sampling, int[] prompt, int continued) {
        int asked = prompt.length - continued;
        if (sampling.has(SamplingParameter.REPETITION_PENALTY)) {
            for (int i = 0; i < asked; i++) {
                find(prompt[i]);
            }
        }
        for (int i = asked; i < prompt.length; i++) {
            generated(prompt[i]);
        }
    }

    void generated(int token) {
        int pair = find(token);
        pairs[2 * pair + 1]++;
    }

    /**
     * Takes back that tokens were generated, the last first.
     *
     * @param sizeBefore how many pairs there were before the first of those that are taken back
     */
    void takeBack(int token, int sizeBefore) {
        int pair = find(token);
        pairs[2 * pair + 1]--;
        if (pair >= sizeBefore && pairs[2 * pair + 1] == 0) {
            index[slot(token)] = EMPTY; // The last that was added: nobody's place depends on it.
            size--;
        }
    }

    /** Pairs; only the first {@link #size()} are meant. Valid until the next change. */
    int[] pairs() {
        return pairs;
    }

    int size() {
        return size;
    }

    /** The number of the token's pair, made with count 0 if there was none. */
    private int find(int token) {
        int at = slot(token);
        if (index[at] != EMPTY) {
            return index[at] - 1;
        }
        if (2 * size == pairs.length) {
            pairs = Arrays.copyOf(pairs, 2 * pairs.length);
        }
        pairs[2 * size] = token;
        pairs[2 * size + 1] = 0;
        index[at] = ++size;
        if (2 * size > index.length) {
            rehash();
        }
        return size - 1;
    }

    /** Where the token's pair is, or would be. */
    private int slot(int token) {
        int at = hash(token) & (index.length - 1);
        while (index[at] != EMPTY && pairs[2 * (index[at] - 1)] != token) {
            at = (at + 1) & (index.length - 1);
        }
        return at;
    }

    private void rehash() {
        index = new int[2 * index.length];
        for (int pair = 0; pair < size; pair++) {
            int at = hash(pairs[2 * pair]) & (index.length - 1);
            while (index[at] != EMPTY) {
                at = (at + 1) & (index.length - 1);
            }
            index[at] = pair + 1;
        }
    }

    private static int hash(int token) {
        int mixed = token * 0x9E3779B9;
        return mixed ^ (mixed >>> 15);
    }
}
