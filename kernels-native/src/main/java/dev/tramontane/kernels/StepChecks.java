package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Every count and index of a step against the context's sizes, before the library (which checks the whole descriptor
 * again, its own way) sees an address. Throws {@link IllegalArgumentException} naming the entry.
 */
final class StepChecks {
    private StepChecks() {}

    static void check(StepColumns step, StepLimits limits) {
        if (step.vocabulary != limits.vocabulary()) {
            throw new IllegalArgumentException("the step is for a vocabulary of " + step.vocabulary
                    + " tokens, the model has " + limits.vocabulary());
        }
        count("rows", step.tokens.count(), 1, limits.maxRows());
        count("spans", step.spans.count(), 1, limits.maxSpans());
        count("samples", step.samples.count(), 0, limits.maxSamples());
        count("edits", step.edits.count(), 0, limits.maxEdits());
        tokens(step, limits);
        spans(step, limits);
        edits(step, limits);
        copies(step, limits);
        samples(step, limits);
        for (int i = 0; i < step.counts.count(); i++) {
            index("counts", i, "token", step.counts.memory().getAtIndex(JAVA_INT, 2L * i), limits.vocabulary());
        }
        for (int i = 0; i < step.biases.count(); i++) {
            index("biases", i, "token", step.biases.memory().getAtIndex(JAVA_INT, 2L * i), limits.vocabulary());
        }
    }

    private static void tokens(StepColumns step, StepLimits limits) {
        MemorySegment memory = step.tokens.memory();
        for (int i = 0; i < step.tokens.count(); i++) {
            int token = memory.getAtIndex(JAVA_INT, i);
            if (token != StepDescriptor.PREVIOUS_TOKEN) {
                index("tokens", i, "id", token, limits.vocabulary());
            }
        }
    }

    private static void spans(StepColumns step, StepLimits limits) {
        MemorySegment memory = step.spans.memory();
        for (int i = 0; i < step.spans.count(); i++) {
            long at = i * Layouts.SPAN.byteSize();
            index("spans", i, "slot", memory.get(JAVA_INT, at + StepColumns.SPAN_SLOT), limits.slots());
            int rows = memory.get(JAVA_INT, at + StepColumns.SPAN_ROWS);
            if (rows < 1) {
                throw new IllegalArgumentException("spans[" + i + "] has no rows");
            }
            long position = memory.get(JAVA_LONG, at + StepColumns.SPAN_POSITION);
            if (position < 0 || position > Long.MAX_VALUE - rows) {
                throw new IllegalArgumentException(
                        "spans[" + i + "].position must be 0 or more and leave room for its rows, got " + position);
            }
        }
    }

    private static void edits(StepColumns step, StepLimits limits) {
        MemorySegment memory = step.edits.memory();
        for (int i = 0; i < step.edits.count(); i++) {
            int group = memory.getAtIndex(JAVA_INT, 4L * i + 1);
            index("edits", i, "slot", memory.getAtIndex(JAVA_INT, 4L * i), limits.slots());
            index("edits", i, "group", group, limits.groupPages().size());
            int ring = limits.groupRings().get(group);
            index("edits", i, "index", memory.getAtIndex(JAVA_INT, 4L * i + 2), ring);
            int pages = limits.groupPages().get(group);
            index("edits", i, "page", memory.getAtIndex(JAVA_INT, 4L * i + 3), pages);
        }
    }

    private static void copies(StepColumns step, StepLimits limits) {
        MemorySegment memory = step.copies.memory();
        for (int i = 0; i < step.copies.count(); i++) {
            int group = memory.getAtIndex(JAVA_INT, 4L * i);
            index("copies", i, "group", group, limits.groupPages().size());
            int pages = limits.groupPages().get(group);
            index("copies", i, "from", memory.getAtIndex(JAVA_INT, 4L * i + 1), pages);
            index("copies", i, "to", memory.getAtIndex(JAVA_INT, 4L * i + 2), pages);
        }
    }

    private static void samples(StepColumns step, StepLimits limits) {
        MemorySegment memory = step.samples.memory();
        int rows = step.tokens.count();
        int previousRow = 0;
        for (int i = 0; i < step.samples.count(); i++) {
            long at = i * Layouts.SAMPLE.byteSize();
            int row = memory.get(JAVA_INT, at + StepColumns.SAMPLE_ROW);
            index("samples", i, "row", row, rows);
            if (row < previousRow) {
                throw new IllegalArgumentException(
                        "samples[" + i + "].row is " + row + " after " + previousRow + "; rows must rise");
            }
            previousRow = row;
            index("samples", i, "slot", memory.get(JAVA_INT, at + StepColumns.SAMPLE_SLOT), limits.slots());
            int target = memory.get(JAVA_INT, at + StepColumns.SAMPLE_TARGET);
            if (target != StepDescriptor.DRAW) {
                index("samples", i, "target", target, limits.vocabulary());
            }
            int tops = memory.get(JAVA_INT, at + StepColumns.SAMPLE_TOPS);
            index("samples", i, "top_logprobs", tops, Layouts.MAX_TOP + 1);
            int mask = memory.get(JAVA_INT, at + StepColumns.SAMPLE_MASK);
            if (mask != StepDescriptor.NO_MASK) {
                index("samples", i, "mask", mask, step.masks.count());
            }
        }
    }

    private static void count(String what, int given, int least, long most) {
        if (given < least || given > most) {
            throw new IllegalArgumentException(
                    "a step has " + least + ".." + most + " " + what + " here, got " + given);
        }
    }

    private static void index(String array, int at, String field, int given, int size) {
        if (given < 0 || given >= size) {
            throw new IllegalArgumentException(
                    array + "[" + at + "]." + field + " is outside 0.." + (size - 1) + ", got " + given);
        }
    }
}
