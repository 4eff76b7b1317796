package dev.tramontane.measure;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How fast a model's steps are, without an engine: prompts in chunks, and one token of several sequences at a time, behind
 * a number of tokens that each has in its cache already. Tokens are pseudo-random, the same every time. One thread, which
 * the steps block.
 */
public final class StepRates {
    private static final int PRIME = 7919;

    private final Model model;
    private final CacheShape shape;
    private final LongSupplier clock;
    private final StepBatch batch;
    private int filled = -1;

    /**
     * Allocates the model's cache.
     *
     * @param shape whose pages hold every slot's whole ring
     * @param clock monotonic nanoseconds
     * @throws ModelException when the memory cannot be had
     */
    public StepRates(Model model, CacheShape shape, LongSupplier clock) {
        for (CacheShape.Group group : shape.groups()) {
            if (group.pages() < (long) group.ring() * shape.slots()) {
                throw new IllegalArgumentException(
                        group.pages() + " pages do not hold " + shape.slots() + " rings of " + group.ring());
            }
        }
        this.model = model;
        this.shape = shape;
        this.clock = clock;
        model.sizeCache(shape);
        batch = model.newBatch();
        place();
    }

    /**
     * Computes a prompt behind {@code depth} tokens, in chunks as large as a step may be, and draws a token.
     *
     * @return nanoseconds
     */
    public long prefill(int tokens, int depth) {
        fill(depth, depth + tokens);
        long start = clock.getAsLong();
        chunks(depth, tokens, true);
        return clock.getAsLong() - start;
    }

    /**
     * Draws {@code tokens} of each of {@code sequences} one after the other, all sequences in one step, behind {@code depth}
     * tokens.
     *
     * @return nanoseconds
     */
    public long decode(int sequences, int tokens, int depth) {
        if (sequences > shape.maxSpans()) {
            throw new IllegalArgumentException(sequences + " sequences, but a step takes " + shape.maxSpans());
        }
        fill(depth, depth + tokens);
        long start = clock.getAsLong();
        for (int i = 0; i < tokens; i++) {
            batch.clear();
            for (int slot = 0; slot < sequences; slot++) {
                batch.addSpan(slot, depth + i);
                int row = batch.addRow(token(slot + depth + i));
                batch.addDraw(row, slot, depth + i + 1L, Sampling.GREEDY);
            }
            run();
        }
        return clock.getAsLong() - start;
    }

    /**
     * Sees to it that every slot has {@code depth} tokens. They are there already unless a ring has come round since.
     *
     * @param end of the positions that will be written
     */
    private void fill(int depth, int end) {
        if (filled != depth && depth > 0) {
            chunks(0, depth, false);
            batch.clear();
            List<CacheShape.Group> groups = shape.groups();
            for (int group = 0; group < groups.size(); group++) {
                CacheShape.Group pool = groups.get(group);
                int used = Math.min(pool.ring(), (depth + shape.pageTokens() - 1) / shape.pageTokens());
                for (int slot = 1; slot < shape.slots(); slot++) {
                    for (int entry = 0; entry < used; entry++) {
                        batch.addCopy(group, entry, WholeRings.page(pool, slot, entry));
                    }
                }
            }
            // A step has a row at least: the last one of slot 0 once more.
            batch.addSpan(0, depth - 1L);
            batch.addRow(token(depth - 1));
            run();
        }
        filled = shape.groups().stream().anyMatch(group -> (long) group.ring() * shape.pageTokens() < end) ? -1 : depth;
    }

    private void chunks(int position, int tokens, boolean draw) {
        for (int from = 0; from < tokens; from += shape.maxRows()) {
            int count = Math.min(shape.maxRows(), tokens - from);
            batch.clear();
            batch.addSpan(0, position + (long) from);
            int row = 0;
            for (int i = from; i < from + count; i++) {
                row = batch.addRow(token(position + i));
            }
            if (draw && from + count == tokens) {
                batch.addDraw(row, 0, position + (long) tokens, Sampling.GREEDY);
            }
            run();
        }
    }

    private int token(int number) {
        return Math.floorMod(number * PRIME, model.geometry().vocabulary());
    }

    private void place() {
        batch.clear();
        WholeRings.place(shape, shape.slots(), batch);
        batch.addSpan(0, 0);
        batch.addRow(token(0));
        run();
    }

    private void run() {
        model.run(batch);
        for (int i = 0; i < batch.samples(); i++) {
            if (batch.resultStatus(i) != StepBatch.OK) {
                throw new ModelException("the model gives logits that are not finite, so no token can be drawn");
            }
        }
    }
}
