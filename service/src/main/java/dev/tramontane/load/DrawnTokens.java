package dev.tramontane.load;

import dev.tramontane.model.ModelException;
import dev.tramontane.model.StepBatch;
import java.util.Arrays;

/** What each slot of a model in stages drew last: its first stage has no samples, so it can't know. */
final class DrawnTokens {
    /** By slot; -1 for nothing yet. */
    private final int[] drawn;

    DrawnTokens(int slots) {
        drawn = new int[slots];
        Arrays.fill(drawn, -1);
    }

    /** A step's tokens, with those that its slots drew last. */
    int[] of(PipelinedBatch batch) {
        int[] ids = new int[batch.rows()];
        for (int span = 0; span < batch.rows.spans(); span++) {
            int first = batch.rows.spanFirstRow(span);
            int slot = batch.rows.spanSlot(span);
            for (int row = first; row < first + batch.rows.spanRows(span); row++) {
                ids[row] = batch.rows.token(row);
                if (ids[row] == StepBatch.PREVIOUS_TOKEN) {
                    if (slot < 0 || slot >= drawn.length || drawn[slot] < 0) {
                        throw new ModelException(
                                "row " + row + " is what slot " + slot + " drew last, which is nothing");
                    }
                    ids[row] = drawn[slot];
                }
            }
        }
        return ids;
    }

    /** Keeps what a step that is done has drawn. */
    void keep(PipelinedBatch batch) {
        for (int sample = 0; sample < batch.samples(); sample++) {
            if (batch.drawnFor(sample) >= 0) {
                drawn[batch.drawnFor(sample)] = batch.resultToken(sample);
            }
        }
    }
}
