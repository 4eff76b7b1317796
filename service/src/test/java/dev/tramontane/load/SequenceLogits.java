package dev.tramontane.load;

import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;

/** All logits of a sequence, for comparing models bit for bit. */
public final class SequenceLogits {
    private static final int PAGE = 16;

    private SequenceLogits() {}

    /** [ids, vocabulary] logits after each id, computed in one step. */
    public static float[] of(LoadedModel loaded, int[] ids) {
        Lanes lanes = new Lanes(loaded.model(), PAGE, ids.length / PAGE + 1, 1, ids.length, CacheType.F32, 1);
        StepBatch batch = loaded.model().newBatch();
        lanes.place(0, batch);
        batch.addSpan(0, 0);
        for (int i = 0; i < ids.length; i++) {
            int row = batch.addRow(ids[i]);
            batch.addDraw(row, 0, i + 1, Sampling.GREEDY);
        }
        batch.wantLogits();
        lanes.run(batch);
        int vocabulary = loaded.geometry().vocabulary();
        float[] logits = new float[ids.length * vocabulary];
        for (int i = 0; i < ids.length; i++) {
            batch.copyLogits(i, logits, i * vocabulary);
        }
        return logits;
    }
}
