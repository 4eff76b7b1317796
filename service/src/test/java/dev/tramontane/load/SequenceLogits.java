package dev.tramontane.load;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import java.util.Arrays;

/** All logits of a sequence, for comparing models bit for bit. */
public final class SequenceLogits {
    private static final int PAGE = 16;

    private SequenceLogits() {}

    /** [ids, vocabulary] logits after each id, computed in one step. */
    public static float[] of(LoadedModel loaded, int[] ids) {
        Lanes lanes = new Lanes(loaded.model(), PAGE, ids.length / PAGE + 1, 1, ids.length, false, 1);
        StepBatch batch = new StepBatch();
        lanes.place(0, batch);
        batch.addSpan(0, 0);
        for (int i = 0; i < ids.length; i++) {
            int row = batch.addRow(ids[i]);
            batch.addSample(
                    new StepBatch.Sample(row, 0, StepBatch.DRAW, 0, Sampling.GREEDY, i + 1, new int[0], 0, new int[0]));
        }
        batch.wantLogits();
        lanes.run(batch);
        return Arrays.copyOf(batch.logits(), ids.length * loaded.geometry().vocabulary());
    }
}
