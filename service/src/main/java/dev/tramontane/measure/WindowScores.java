package dev.tramontane.measure;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StepBatch;

/**
 * Computes windows of a text with one model, chunk by chunk: each row is asked for the probability of the token that
 * follows it. The cache has one slot, whose page table is written once; a window begins at position 0 again.
 */
final class WindowScores {
    /** Logits of one step, of all its rows: 64 MiB. */
    private static final int MOST_LOGITS = 1 << 24;

    private final String name;
    private final Model model;
    private final boolean logits;
    private final StepBatch batch;
    private final int rows;
    private final CacheShape shape;
    private boolean placed;
    private float[] copied = {};

    /**
     * Allocates the model's cache.
     *
     * @param name of the model, for errors
     * @param shape for one sequence at least
     * @param logits whether {@link #logits} is wanted
     */
    WindowScores(String name, Model model, CacheShape shape, boolean logits) {
        this.name = name;
        this.model = model;
        this.logits = logits;
        int most = logits ? Math.max(1, MOST_LOGITS / model.geometry().vocabulary()) : Integer.MAX_VALUE;
        rows = Math.min(shape.maxRows(), most);
        this.shape = shape.withMaxSamples(rows);
        model.sizeCache(this.shape);
        batch = model.newBatch();
    }

    /** Rows of a step at most. */
    int rows() {
        return rows;
    }

    int vocabulary() {
        return model.geometry().vocabulary();
    }

    /**
     * Computes tokens {@code from .. from + count - 1} of a window, whose earlier ones were computed before, and scores
     * each token from {@code firstScored} on that follows one of them.
     *
     * @throws ModelException when the model fails, or gives a row of logits that is no distribution
     */
    void run(int[] tokens, int from, int count, int firstScored) {
        batch.clear();
        if (!placed) {
            WholeRings.place(shape, 1, batch);
            placed = true;
        }
        batch.addSpan(0, from);
        for (int i = from; i < from + count; i++) {
            int row = batch.addRow(tokens[i]);
            if (i + 1 >= firstScored) {
                batch.addScore(row, 0, tokens[i + 1]);
            }
        }
        if (logits && batch.samples() > 0) {
            batch.wantLogits();
        }
        model.run(batch);
        for (int i = 0; i < batch.samples(); i++) {
            if (batch.resultStatus(i) != StepBatch.OK) {
                throw new ModelException(name + " gives logits that are not finite for the token after "
                        + (Math.max(firstScored, from + 1) + i)
                        + " of a window, so there is no probability to measure");
            }
        }
    }

    /** Scored tokens of the last step. */
    int scored() {
        return batch.samples();
    }

    /** Natural logarithm of the probability of scored token {@code i}. */
    double logProbability(int i) {
        return batch.resultLogprob(i);
    }

    /** [scored, vocabulary] raw logits of the last step, until the next one. */
    float[] logits() {
        int vocabulary = vocabulary();
        if (copied.length < scored() * vocabulary) {
            copied = new float[scored() * vocabulary];
        }
        for (int i = 0; i < scored(); i++) {
            batch.copyLogits(i, copied, i * vocabulary);
        }
        return copied;
    }
}
