package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;

/** Writes a plan into the batch that the model computes from, making room in the cache on the way. Engine thread only. */
final class BatchFiller {
    private final KvCache cache;
    private final LateMasks lateMasks;

    BatchFiller(KvCache cache, LateMasks lateMasks) {
        this.cache = cache;
        this.lateMasks = lateMasks;
    }

    void fill(StepPlan plan, StepBatch batch) {
        batch.clear();
        lateMasks.clear();
        for (int i = 0; i < plan.size(); i++) {
            Sequence sequence = plan.sequence(i);
            PageTable table = sequence.table();
            cache.makeRoom(table, sequence.computed, plan.rows(i) + plan.guesses(i), batch);
            EngineAdapter adapter = sequence.request.submission.adapter();
            batch.addSpan(table.slot, sequence.computed, adapter == null ? 0 : adapter.number());
            int end = sequence.computed + plan.rows(i);
            for (int position = sequence.computed; position < end; position++) {
                int row = batch.addRow(sequence.tokenAt(position));
                if (sequence.scores(position)) {
                    batch.addScore(row, table.slot, sequence.tokenAt(position + 1));
                    batch.reportTops(sequence.request.submission.promptTops());
                }
            }
            if (sequence.samplesToken(plan.rows(i))) {
                int late = draw(sequence, table.slot, 0, batch);
                if (sequence.guide != null) {
                    lateMasks.add(sequence, sequence.guide, late);
                }
                if (sequence.guesses != null && plan.guesses(i) > 0) {
                    drawGuessed(sequence, sequence.guesses, table.slot, batch);
                }
            }
        }
    }

    /** Each guess is a row that draws what follows it, as if it had been drawn itself. */
    private void drawGuessed(Sequence sequence, Guesses guesses, int slot, StepBatch batch) {
        TokenCounts counts = sequence.counts;
        int sizeBefore = counts == null ? 0 : counts.size();
        for (int i = 0; i < guesses.planned; i++) {
            batch.addRow(guesses.tokens[i]);
            if (counts != null) {
                counts.generated(guesses.tokens[i]);
            }
            guesses.masks[i] = draw(sequence, slot, i + 1, batch);
        }
        for (int i = guesses.planned - 1; counts != null && i >= 0; i--) {
            counts.takeBack(guesses.tokens[i], sizeBefore);
        }
        if (sequence.guide != null) {
            lateMasks.addGuessed(sequence, sequence.guide, guesses);
        }
    }

    /**
     * From the last row.
     *
     * @param ahead guesses that come before it
     * @return the number of its mask where that is made later, else -1
     */
    private static int draw(Sequence sequence, int slot, int ahead, StepBatch batch) {
        Request request = sequence.request;
        batch.addDraw(batch.rows() - 1, slot, sequence.tokens() + ahead, sequence.sampling);
        batch.reportTops(Math.max(0, request.submission.tops()));
        TokenCounts counts = sequence.counts;
        if (counts != null) {
            batch.addCounts(counts.pairs(), counts.size());
        }
        if (sequence.guide != null) {
            return batch.allowLater();
        }
        int[] mask = request.mask(sequence.generated + ahead);
        if (mask.length > 0) {
            batch.allow(mask);
        }
        return -1;
    }
}
