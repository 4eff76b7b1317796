package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Model;
import dev.tramontane.model.StepBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Drives a model by hand: every slot has its own ring of pages in a shuffled order, and every row scores the token that
 * follows it. Log-probabilities of slot s are in {@code scores(s)}, that of token i + 1 at i.
 */
final class Lanes {
    private final Model model;
    private final int[] rings;
    private final int slots;
    private final List<List<Integer>> pages = new ArrayList<>();
    private final StepBatch batch;
    private final float[][] scores;
    private final boolean[] placed;

    /**
     * @param ring page table entries of a slot, in every group
     * @param pageOrder seed of the order in which physical pages are handed out
     */
    Lanes(Model model, int pageTokens, int ring, int slots, int maxRows, CacheType type, long pageOrder) {
        this(model, pageTokens, everyGroup(model, ring), slots, maxRows, type, pageOrder);
    }

    /** @param rings page table entries of a slot in each group */
    Lanes(Model model, int pageTokens, int[] rings, int slots, int maxRows, CacheType type, long pageOrder) {
        this(model, pageTokens, rings, slots, maxRows, type, pageOrder, AdapterRoom.NONE);
    }

    /** The same with room for adapters. */
    Lanes(
            Model model,
            int pageTokens,
            int[] rings,
            int slots,
            int maxRows,
            CacheType type,
            long pageOrder,
            AdapterRoom adapters) {
        this.model = model;
        batch = model.newBatch();
        this.rings = rings.clone();
        this.slots = slots;
        scores = new float[slots][];
        placed = new boolean[slots];
        Random random = new Random(pageOrder);
        List<CacheShape.Group> groups = new ArrayList<>();
        for (int ring : rings) {
            List<Integer> order = new ArrayList<>();
            for (int page = 0; page < slots * ring; page++) {
                order.add(page);
            }
            Collections.shuffle(order, random);
            pages.add(order);
            groups.add(new CacheShape.Group(slots * ring, ring));
        }
        model.sizeCache(
                new CacheShape(pageTokens, slots, maxRows, slots, maxRows, Kernels.cacheType(type), groups, adapters));
    }

    private static int[] everyGroup(Model model, int ring) {
        int[] rings = new int[model.geometry().groups().size()];
        Arrays.fill(rings, ring);
        return rings;
    }

    /** Tokens {@code from .. from + count - 1} of a sequence in its slot. */
    record Chunk(int slot, int[] tokens, int from, int count, int adapter) {
        Chunk(int slot, int[] tokens, int from, int count) {
            this(slot, tokens, from, count, 0);
        }
    }

    /** Runs one step of these chunks. */
    void step(Chunk... chunks) {
        batch.clear();
        for (Chunk chunk : chunks) {
            place(chunk.slot());
            if (scores[chunk.slot()] == null || scores[chunk.slot()].length != chunk.tokens().length - 1) {
                scores[chunk.slot()] = new float[chunk.tokens().length - 1];
            }
            batch.addSpan(chunk.slot(), chunk.from(), chunk.adapter());
            for (int i = chunk.from(); i < chunk.from() + chunk.count(); i++) {
                int row = batch.addRow(chunk.tokens()[i]);
                if (i + 1 < chunk.tokens().length) {
                    batch.addScore(row, chunk.slot(), chunk.tokens()[i + 1]);
                }
            }
        }
        run(batch);
        int sample = 0;
        for (Chunk chunk : chunks) {
            for (int i = chunk.from(); i < chunk.from() + chunk.count() && i + 1 < chunk.tokens().length; i++) {
                assertThat(batch.resultStatus(sample)).isEqualTo(StepBatch.OK);
                assertThat(batch.resultToken(sample)).isEqualTo(chunk.tokens()[i + 1]);
                scores[chunk.slot()][i] = batch.resultLogprob(sample++);
            }
        }
    }

    /** Runs a sequence alone in chunks of at most {@code chunk} tokens. */
    float[] run(int slot, int[] tokens, int chunk) {
        for (int from = 0; from < tokens.length; from += chunk) {
            step(new Chunk(slot, tokens, from, Math.min(chunk, tokens.length - from)));
        }
        return scores[slot].clone();
    }

    float[] scores(int slot) {
        return scores[slot].clone();
    }

    /** Adds the slot's page table to the batch, once. */
    void place(int slot, StepBatch into) {
        if (!placed[slot]) {
            placed[slot] = true;
            for (int group = 0; group < rings.length; group++) {
                for (int entry = 0; entry < rings[group]; entry++) {
                    into.addEdit(slot, group, entry, pages.get(group).get(slot * rings[group] + entry));
                }
            }
        }
    }

    /** A batch of the model's. */
    StepBatch newBatch() {
        return model.newBatch();
    }

    /** Submits the batch and waits for it. */
    void run(StepBatch step) {
        model.submit(step);
        while (!model.await(10_000_000)) {
            assertThat(slots).isPositive();
        }
    }

    private void place(int slot) {
        place(slot, batch);
    }
}
