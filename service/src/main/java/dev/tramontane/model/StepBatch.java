package dev.tramontane.model;

import java.util.Arrays;

/**
 * One engine step in flat arrays, filled by the engine and read by the model, which writes the results back into it.
 * Reused from step to step so that a step allocates nothing. Owned by one thread at a time; see {@link Model#submit}.
 *
 * <p>A row is one token. A span is a run of consecutive rows of one slot. Samples name rows in rising order. The
 * meaning of every column is that of the structs in tramontane.h.
 */
public final class StepBatch {

    /** In {@link #addRow}: the token this slot sampled last. */
    public static final int PREVIOUS_TOKEN = -1;

    /** Sample target: sample a token. */
    public static final int DRAW = -1;

    /** Most alternatives a sample may report. */
    public static final int MAX_TOP = 20;

    /** Result status: fine. */
    public static final int OK = 0;

    /** Result status: NaN or infinity among the row's logits. */
    public static final int NOT_FINITE = 1;

    /** Result status: mask and bias leave no token. */
    public static final int MASKED_OUT = 2;

    /** Rows. */
    private int rows;

    private int[] tokens = new int[64];

    /** Spans. */
    private int spans;

    private int[] spanSlot = new int[16];
    private int[] spanFirstRow = new int[16];
    private long[] spanPosition = new long[16];

    /** Page table edits: slot, group, index, page; and page copies: group, from, to. */
    private int edits;

    private int[] editFields = new int[64];
    private int copies;
    private int[] copyFields = new int[48];

    /** Samples. */
    private int samples;

    private Sample[] sampleList = new Sample[16];

    /** Results, one per sample. */
    private int[] resultToken = new int[16];

    private int[] resultStatus = new int[16];
    private float[] resultLogprob = new float[16];
    private int[] resultTops = new int[16];
    private int[] topTokens = new int[16 * MAX_TOP];
    private float[] topLogprobs = new float[16 * MAX_TOP];

    /** Raw logits [samples, vocab] when asked for, else empty. */
    private boolean wantsLogits;

    private float[] logits = new float[0];

    /**
     * What to do with the logits of one row.
     *
     * @param row row of the step
     * @param slot whose previous token the sampled one becomes
     * @param target {@link #DRAW}, or a token to score
     * @param tops alternatives to report, 0..{@link #MAX_TOP}
     * @param sampling filters, penalties, bias and seed
     * @param position of the token to be sampled: keys the random draw
     * @param counts distinct tokens for the penalties with how often each was generated, as (token, count) pairs;
     *     only the first {@code countPairs} pairs are read
     * @param countPairs pairs in {@code counts}
     * @param mask bit per token, set when allowed; empty for no mask
     */
    public record Sample(
            int row,
            int slot,
            int target,
            int tops,
            Sampling sampling,
            long position,
            int[] counts,
            int countPairs,
            int[] mask) {}

    /** Empties the batch for the next step. */
    public void clear() {
        rows = 0;
        spans = 0;
        edits = 0;
        copies = 0;
        Arrays.fill(sampleList, 0, samples, null);
        samples = 0;
        wantsLogits = false;
    }

    /** Starts a span of {@code slot} at absolute {@code position}; its rows follow by {@link #addRow}. */
    public void addSpan(int slot, long position) {
        if (spans == spanSlot.length) {
            spanSlot = Arrays.copyOf(spanSlot, spans * 2);
            spanFirstRow = Arrays.copyOf(spanFirstRow, spans * 2);
            spanPosition = Arrays.copyOf(spanPosition, spans * 2);
        }
        spanSlot[spans] = slot;
        spanFirstRow[spans] = rows;
        spanPosition[spans] = position;
        spans++;
    }

    /** Adds a token to the last span and returns its row. */
    public int addRow(int token) {
        if (rows == tokens.length) {
            tokens = Arrays.copyOf(tokens, rows * 2);
        }
        tokens[rows] = token;
        return rows++;
    }

    /** Sets an entry of a page table before anything is computed. */
    public void addEdit(int slot, int group, int index, int page) {
        if (edits * 4 == editFields.length) {
            editFields = Arrays.copyOf(editFields, editFields.length * 2);
        }
        int at = edits++ * 4;
        editFields[at] = slot;
        editFields[at + 1] = group;
        editFields[at + 2] = index;
        editFields[at + 3] = page;
    }

    /** Copies a page after the edits and before anything is computed. */
    public void addCopy(int group, int from, int to) {
        if (copies * 3 == copyFields.length) {
            copyFields = Arrays.copyOf(copyFields, copyFields.length * 2);
        }
        int at = copies++ * 3;
        copyFields[at] = group;
        copyFields[at + 1] = from;
        copyFields[at + 2] = to;
    }

    /** Adds a sample and returns its number, by which its result is read. */
    public int addSample(Sample sample) {
        if (samples == sampleList.length) {
            int more = samples * 2;
            sampleList = Arrays.copyOf(sampleList, more);
            resultToken = Arrays.copyOf(resultToken, more);
            resultStatus = Arrays.copyOf(resultStatus, more);
            resultLogprob = Arrays.copyOf(resultLogprob, more);
            resultTops = Arrays.copyOf(resultTops, more);
            topTokens = Arrays.copyOf(topTokens, more * MAX_TOP);
            topLogprobs = Arrays.copyOf(topLogprobs, more * MAX_TOP);
        }
        sampleList[samples] = sample;
        return samples++;
    }

    /** Asks for the raw logits of every sample (tests, evaluation). */
    public void wantLogits() {
        wantsLogits = true;
    }

    public int rows() {
        return rows;
    }

    public int token(int row) {
        return tokens[row];
    }

    public int spans() {
        return spans;
    }

    public int spanSlot(int span) {
        return spanSlot[span];
    }

    public int spanFirstRow(int span) {
        return spanFirstRow[span];
    }

    public int spanRows(int span) {
        return (span + 1 < spans ? spanFirstRow[span + 1] : rows) - spanFirstRow[span];
    }

    public long spanPosition(int span) {
        return spanPosition[span];
    }

    public int edits() {
        return edits;
    }

    public int editSlot(int edit) {
        return editFields[edit * 4];
    }

    public int editGroup(int edit) {
        return editFields[edit * 4 + 1];
    }

    public int editIndex(int edit) {
        return editFields[edit * 4 + 2];
    }

    public int editPage(int edit) {
        return editFields[edit * 4 + 3];
    }

    public int copies() {
        return copies;
    }

    public int copyGroup(int copy) {
        return copyFields[copy * 3];
    }

    public int copyFrom(int copy) {
        return copyFields[copy * 3 + 1];
    }

    public int copyTo(int copy) {
        return copyFields[copy * 3 + 2];
    }

    public int samples() {
        return samples;
    }

    public Sample sample(int sample) {
        return sampleList[sample];
    }

    public boolean wantsLogits() {
        return wantsLogits;
    }

    /** For the model: writes the result of one sample. */
    public void setResult(int sample, int token, int status, float logprob, int tops) {
        resultToken[sample] = token;
        resultStatus[sample] = status;
        resultLogprob[sample] = logprob;
        resultTops[sample] = tops;
    }

    /** For the model: writes alternative {@code rank} of a sample. */
    public void setTop(int sample, int rank, int token, float logprob) {
        topTokens[sample * MAX_TOP + rank] = token;
        topLogprobs[sample * MAX_TOP + rank] = logprob;
    }

    /** For the model: room for [samples, vocab] raw logits. */
    public float[] logitsFor(int vocabulary) {
        if (logits.length < samples * vocabulary) {
            logits = new float[samples * vocabulary];
        }
        return logits;
    }

    public int resultToken(int sample) {
        return resultToken[sample];
    }

    public int resultStatus(int sample) {
        return resultStatus[sample];
    }

    public float resultLogprob(int sample) {
        return resultLogprob[sample];
    }

    public int resultTops(int sample) {
        return resultTops[sample];
    }

    public int topToken(int sample, int rank) {
        return topTokens[sample * MAX_TOP + rank];
    }

    public float topLogprob(int sample, int rank) {
        return topLogprobs[sample * MAX_TOP + rank];
    }

    /** Raw logits [samples, vocab] of the finished step, when asked for. */
    public float[] logits() {
        return logits;
    }
}
