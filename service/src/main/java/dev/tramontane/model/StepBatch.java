package dev.tramontane.model;

/**
 * One engine step: written by the engine straight into the memory that the model computes from, and read there when the
 * step is done. Made by {@link Model#newBatch}, cleared and filled again from step to step, so that a step allocates and
 * copies nothing. Owned by one thread at a time; see {@link Model#submit}.
 *
 * <p>A row is one token. A span is a run of consecutive rows of one slot. Samples name rows in rising order. The meaning of
 * everything is that of the structs in tramontane.h. Nothing is checked as it is written: {@link Model#submit} refuses a
 * batch that makes no sense as a whole.
 */
public interface StepBatch {

    /** In {@link #addRow}: the token this slot sampled last. */
    int PREVIOUS_TOKEN = -1;

    /** Most alternatives a sample may report. */
    int MAX_TOP = 20;

    /** Result status: fine. */
    int OK = 0;

    /** Result status: NaN or infinity among the row's logits. */
    int NOT_FINITE = 1;

    /** Result status: mask and bias leave no token. */
    int MASKED_OUT = 2;

    /** Empties the batch for the next step. */
    void clear();

    /** Starts a span of {@code slot} without an adapter at absolute {@code position}; its rows follow by {@link #addRow}. */
    default void addSpan(int slot, long position) {
        addSpan(slot, position, 0);
    }

    /**
     * The same.
     *
     * @param adapter that its rows are computed with, a loaded one; 0 for none
     */
    void addSpan(int slot, long position, int adapter);

    /** Adds a token to the last span and returns its row. */
    int addRow(int token);

    /** Sets an entry of a page table before anything is computed. */
    void addEdit(int slot, int group, int index, int page);

    /** Copies a page after the edits and before anything is computed. */
    void addCopy(int group, int from, int to);

    /**
     * Adds a sample that draws a token from the logits of {@code row}, and returns its number, by which its result is read.
     *
     * @param slot whose previous token the drawn one becomes
     * @param position of the token to be drawn: with the seed it keys the draw
     */
    int addDraw(int row, int slot, long position, Sampling sampling);

    /** Adds a sample that scores {@code token} by the logits of {@code row}, and returns its number. */
    int addScore(int row, int slot, int token);

    /** Has the last sample report alternatives, 0..{@link #MAX_TOP}. */
    void reportTops(int tops);

    /**
     * Gives the last sample what its penalties look at.
     *
     * @param pairs distinct tokens with how often each was generated, as (token, count) pairs; copied
     * @param count pairs that are meant, from the first on
     */
    void addCounts(int[] pairs, int count);

    /**
     * Lets the last sample draw only some tokens.
     *
     * @param mask bit per token, set when allowed. Samples that share an array share its copy
     */
    void allow(int[] mask);

    /**
     * Lets the last sample draw only what {@link #writeMask} will allow, and nothing until then. Not together with {@link #allow}. The
     * step waits for {@link Model#releaseMasks} before it draws anything with a mask.
     *
     * @return the mask's number
     */
    int allowLater();

    /**
     * Writes a mask while the step computes: from {@link Model#submit} to {@link Model#releaseMasks}.
     *
     * @param mask of {@link #allowLater}
     * @param words bit {@code id % 64} of word {@code id / 64} per token, set when allowed; not kept
     */
    void writeMask(int mask, long[] words);

    /**
     * Takes away from a mask what another does not allow.
     *
     * @param words as for {@link #writeMask}
     * @param mask as for {@link #allow}; an empty one allows all
     */
    static void restrict(long[] words, int[] mask) {
        for (int word = 0; word < mask.length; word++) {
            words[word / 2] &= ~(Integer.toUnsignedLong(~mask[word]) << (word % 2 * 32));
        }
    }

    /** Asks for the raw logits of every sample (tests, evaluation). */
    void wantLogits();

    int rows();

    int samples();

    // ---- when the step is done

    /**
     * Whether rows of a span, by the order in which they were added, are known to be no numbers, also where no sample tells of them. What
     * the cache has of them is of no use.
     */
    default boolean isBroken(int span) {
        return false;
    }

    /** The drawn token, or the one that was scored. */
    int resultToken(int sample);

    /** {@link #OK}, {@link #NOT_FINITE} or {@link #MASKED_OUT}. */
    int resultStatus(int sample);

    /** Natural logarithm of the probability of the result's token. */
    float resultLogprob(int sample);

    /** Alternatives that are reported. */
    int resultTops(int sample);

    /** The alternative of this rank, 0 the most likely. */
    int topToken(int sample, int rank);

    float topLogprob(int sample, int rank);

    /** Copies the raw logits of one sample, as many as the vocabulary, to {@code into[at ..]}. */
    void copyLogits(int sample, float[] into, int at);
}
