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
            cache.makeRoom(table, sequence.computed, plan.rows(i), batch);
            batch.addSpan(table.slot, sequence.computed);
            int end = sequence.computed + plan.rows(i);
            for (int position = sequence.computed; position < end; position++) {
                int row = batch.addRow(sequence.tokenAt(position));
                if (sequence.scores(position)) {
                    batch.addScore(row, table.slot, sequence.tokenAt(position + 1));
                    batch.reportTops(sequence.request.submission.promptTops());
                }
            }
            if (sequence.samplesToken(plan.rows(i))) {
                draw(sequence, table.slot, batch);
            }
        }
    }

    /** From the last row. */
    private void draw(Sequence sequence, int slot, StepBatch batch) {
        Request request = sequence.request;
        batch.addDraw(batch.rows() - 1, slot, sequence.tokens(), sequence.sampling);
        batch.reportTops(Math.max(0, request.submission.tops()));
        TokenCounts counts = sequence.counts;
        if (counts != null) {
            batch.addCounts(counts.pairs(), counts.size());
        }
        if (sequence.guide != null) {
            lateMasks.add(sequence, sequence.guide, batch.allowLater());
            return;
        }
        int[] mask = request.mask(sequence.generated);
        if (mask.length > 0) {
            batch.allow(mask);
        }
    }
}
