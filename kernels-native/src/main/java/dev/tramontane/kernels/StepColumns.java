package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The arrays of a step and its head; {@link StepDescriptor} is their only writer. */
final class StepColumns implements AutoCloseable {
    final int vocabulary;
    final int maskWords;

    final StepLayout layout;
    final Column head;
    final Column tokens = new Column(Integer.BYTES, 64);
    final Column spans;
    final Column edits;
    final Column copies;
    final Column samples;
    final Column counts;
    final Column biases;
    final Column masks;

    /** Results, sized to the samples by {@link #seal}. */
    final Column results;

    final Column topTokens = new Column((long) Integer.BYTES * Layouts.MAX_TOP, 16);
    final Column topLogprobs = new Column((long) Float.BYTES * Layouts.MAX_TOP, 16);
    final Column logits;

    /** Rows from and to other contexts; null where there are none. */
    MemorySegment hiddenIn = MemorySegment.NULL;

    MemorySegment hiddenOut = MemorySegment.NULL;
    private final List<Column> inputs;

    StepColumns(int vocabulary, StepLayout layout) {
        this.vocabulary = vocabulary;
        this.layout = layout;
        maskWords = (int) ((vocabulary + 31L) / 32);
        head = new Column(layout.step.size(), 1);
        spans = new Column(layout.span.size(), 16);
        edits = new Column(layout.edit.size(), 16);
        copies = new Column(layout.copy.size(), 16);
        samples = new Column(layout.sample.size(), 16);
        counts = new Column(layout.count.size(), 16);
        biases = new Column(layout.bias.size(), 16);
        masks = new Column((long) Integer.BYTES * maskWords, 1);
        results = new Column(layout.result.size(), 16);
        logits = new Column((long) Float.BYTES * vocabulary, 1);
        inputs = List.of(tokens, spans, edits, copies, samples, counts, biases, masks);
    }

    void clear() {
        for (Column column : inputs) {
            column.clear();
        }
        hiddenIn = MemorySegment.NULL;
        hiddenOut = MemorySegment.NULL;
    }

    /** A sample that draws, of numbers that are all 0. */
    void addSample(int row, int slot, long position, long seed) {
        long at = samples.add(1);
        MemorySegment memory = samples.memory();
        memory.asSlice(at, layout.sample.size()).fill((byte) 0);
        memory.set(JAVA_INT, at + layout.sampleRow, row);
        memory.set(JAVA_INT, at + layout.sampleSlot, slot);
        memory.set(JAVA_INT, at + layout.sampleTarget, StepDescriptor.DRAW);
        memory.set(JAVA_INT, at + layout.sampleFirstCount, counts.count());
        memory.set(JAVA_INT, at + layout.sampleFirstBias, biases.count());
        memory.set(JAVA_INT, at + layout.sampleMask, StepDescriptor.NO_MASK);
        memory.set(JAVA_LONG, at + layout.sampleSeed, seed);
        memory.set(JAVA_LONG, at + layout.samplePosition, position);
    }

    /** Sets a field of the last sample. */
    void setSample(long field, int value) {
        samples.memory().set(JAVA_INT, samples.last() + field, value);
    }

    /** Sets a field of the last sample. */
    void setSample(long field, float value) {
        samples.memory().set(JAVA_FLOAT, samples.last() + field, value);
    }

    /** Adds to a counter of the last sample. */
    void bumpSample(long field, int more) {
        MemorySegment memory = samples.memory();
        long at = samples.last() + field;
        memory.set(JAVA_INT, at, memory.get(JAVA_INT, at) + more);
    }

    /** Makes room for the results and writes the head: counts and pointers. */
    MemorySegment seal(boolean wantsLogits, boolean lateMasks) {
        results.reserve(samples.count());
        topTokens.reserve(samples.count());
        topLogprobs.reserve(samples.count());
        if (wantsLogits) {
            logits.reserve(samples.count());
        }
        MemorySegment step = head.memory();
        step.set(JAVA_INT, layout.stepSize, layout.step.size());
        step.set(JAVA_INT, layout.stepLateMasks, lateMasks ? 1 : 0);
        for (int i = 0; i < inputs.size(); i++) {
            Column column = inputs.get(i);
            step.set(JAVA_INT, layout.stepCounts[i], column.count());
            step.set(ADDRESS, layout.stepArrays[i], column.memory());
        }
        step.set(ADDRESS, layout.stepResults, results.memory());
        step.set(ADDRESS, layout.stepTopTokens, topTokens.memory());
        step.set(ADDRESS, layout.stepTopLogprobs, topLogprobs.memory());
        step.set(ADDRESS, layout.stepLogits, wantsLogits ? logits.memory() : MemorySegment.NULL);
        step.set(ADDRESS, layout.stepHiddenIn, hiddenIn);
        step.set(ADDRESS, layout.stepHiddenOut, hiddenOut);
        return step;
    }

    @Override
    public void close() {
        for (Column column : inputs) {
            column.close();
        }
        for (Column column : List.of(head, results, topTokens, topLogprobs, logits)) {
            column.close();
        }
    }
}
