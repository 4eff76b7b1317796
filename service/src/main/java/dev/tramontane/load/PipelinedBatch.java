package dev.tramontane.load;

import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StageStep;
import java.util.Arrays;

/**
 * A batch whose samples are entries of the head's descriptor, and whose rows are also kept for the stages before it. The
 * head is not submitted before its late masks are there, so to it they are ordinary ones.
 */
final class PipelinedBatch extends NativeBatch {
    /** The whole step as the stages will have it, in parts. */
    final StageStep rows;

    /** What came of these rows to the last stage. */
    final RowCheck check;

    private final int vocabulary;
    private int[] sampleSlots = new int[16];
    private int lateMasks;
    private boolean released;

    PipelinedBatch(StepDescriptor step, int[] tokens, int vocabulary, int width) {
        super(step, tokens);
        this.vocabulary = vocabulary;
        rows = new StageStep(width);
        check = new RowCheck(width);
    }

    @Override
    public void clear() {
        super.clear();
        rows.clear();
        rows.wantAll(false);
        check.clear();
        lateMasks = 0;
        released = false;
    }

    @Override
    public void addSpan(int slot, long position, int adapter) {
        super.addSpan(slot, position, adapter);
        rows.addSpan(slot, position, adapter);
    }

    @Override
    public int addRow(int token) {
        super.addRow(token);
        return rows.addRow(token);
    }

    @Override
    public void addEdit(int slot, int group, int index, int page) {
        super.addEdit(slot, group, index, page);
        rows.addEdit(slot, group, index, page);
    }

    @Override
    public void addCopy(int group, int from, int to) {
        super.addCopy(group, from, to);
        rows.addCopy(group, from, to);
    }

    @Override
    public int addDraw(int row, int slot, long position, Sampling sampling) {
        return sampled(row, slot, super.addDraw(row, slot, position, sampling));
    }

    @Override
    public int addScore(int row, int slot, int token) {
        return sampled(row, -1, super.addScore(row, slot, token));
    }

    /** @param slot -1 where nothing is drawn */
    private int sampled(int row, int slot, int sample) {
        rows.want(row);
        if (sample >= sampleSlots.length) {
            sampleSlots = Arrays.copyOf(sampleSlots, 2 * sample);
        }
        sampleSlots[sample] = slot;
        return sample;
    }

    @Override
    public int allowLater() {
        int mask = step().masks().add(new int[(vocabulary + 31) / 32]);
        step().useMask(mask);
        lateMasks++;
        return mask;
    }

    @Override
    public void writeMask(int mask, long[] words) {
        if (released) {
            throw new IllegalStateException("the step's masks are released; none can be written any more");
        }
        step().masks().rewrite(mask, tokensOf(words));
    }

    void releaseMasks() {
        released = true;
    }

    /** Whether it waits for masks. */
    boolean lacksMasks() {
        return lateMasks > 0 && !released;
    }

    @Override
    public boolean isBroken(int span) {
        return check.found(rows.spanFirstRow(span), rows.spanRows(span));
    }

    /** The slot that a sample draws for; -1 where it scores. */
    int drawnFor(int sample) {
        return sampleSlots[sample];
    }
}
