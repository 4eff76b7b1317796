package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;

/** Turns a plan into the flat batch that the model reads, making room in the cache on the way. Engine thread only. */
final class BatchFiller {
    private static final int[] NONE = {};

    private final KvCache cache;

    BatchFiller(KvCache cache) {
        this.cache = cache;
    }

    void fill(StepPlan plan, StepBatch batch) {
        batch.clear();
        for (int i = 0; i < plan.size(); i++) {
            Sequence sequence = plan.sequence(i);
            PageTable table = sequence.table();
            cache.makeRoom(table, sequence.computed, plan.rows(i), batch);
            batch.addSpan(table.slot, sequence.computed);
            int end = sequence.computed + plan.rows(i);
            for (int position = sequence.computed; position < end; position++) {
                int row = batch.addRow(sequence.tokenAt(position));
                if (sequence.scores(position)) {
                    batch.addSample(score(sequence, table.slot, row, position));
                }
            }
            if (sequence.samplesToken(plan.rows(i))) {
                batch.addSample(sample(sequence, table.slot, batch.rows() - 1));
            }
        }
    }

    private static StepBatch.Sample score(Sequence sequence, int slot, int row, int position) {
        int next = sequence.tokenAt(position + 1);
        int tops = sequence.request.submission.promptTops();
        return new StepBatch.Sample(row, slot, next, tops, Sampling.GREEDY, position + 1L, NONE, 0, NONE);
    }

    private static StepBatch.Sample sample(Sequence sequence, int slot, int row) {
        Request request = sequence.request;
        TokenCounts counts = sequence.counts;
        return new StepBatch.Sample(
                row,
                slot,
                StepBatch.DRAW,
                Math.max(0, request.submission.tops()),
                sequence.sampling,
                sequence.tokens(),
                counts == null ? NONE : counts.pairs(),
                counts == null ? 0 : counts.size(),
                request.mask(sequence.generated));
    }
}
