package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;

/** The arrays of a step and its head; {@link StepDescriptor} is their only writer. */
final class StepColumns implements AutoCloseable {
    static final long SPAN_SLOT = Layouts.offset(Layouts.SPAN, "slot");
    static final long SPAN_FIRST_ROW = Layouts.offset(Layouts.SPAN, "first_row");
    static final long SPAN_ROWS = Layouts.offset(Layouts.SPAN, "n_rows");
    static final long SPAN_ADAPTER = Layouts.offset(Layouts.SPAN, "adapter");
    static final long SPAN_POSITION = Layouts.offset(Layouts.SPAN, "position");

    static final long SAMPLE_ROW = Layouts.offset(Layouts.SAMPLE, "row");
    static final long SAMPLE_SLOT = Layouts.offset(Layouts.SAMPLE, "slot");
    static final long SAMPLE_TARGET = Layouts.offset(Layouts.SAMPLE, "target");
    static final long SAMPLE_TOPS = Layouts.offset(Layouts.SAMPLE, "top_logprobs");
    static final long SAMPLE_COUNTS = Layouts.offset(Layouts.SAMPLE, "n_counts");
    static final long SAMPLE_FIRST_COUNT = Layouts.offset(Layouts.SAMPLE, "first_count");
    static final long SAMPLE_BIASES = Layouts.offset(Layouts.SAMPLE, "n_biases");
    static final long SAMPLE_FIRST_BIAS = Layouts.offset(Layouts.SAMPLE, "first_bias");
    static final long SAMPLE_MASK = Layouts.offset(Layouts.SAMPLE, "mask");
    static final long SAMPLE_SEED = Layouts.offset(Layouts.SAMPLE, "seed");
    static final long SAMPLE_POSITION = Layouts.offset(Layouts.SAMPLE, "position");

    static final long RESULT_TOKEN = Layouts.offset(Layouts.RESULT, "token");
    static final long RESULT_STATUS = Layouts.offset(Layouts.RESULT, "status");
    static final long RESULT_LOGPROB = Layouts.offset(Layouts.RESULT, "logprob");
    static final long RESULT_TOPS = Layouts.offset(Layouts.RESULT, "n_top");

    private static final long STEP_SIZE = Layouts.offset(Layouts.STEP, "struct_size");
    private static final long STEP_RESERVED = Layouts.offset(Layouts.STEP, "reserved");
    private static final long STEP_RESULTS = Layouts.offset(Layouts.STEP, "results");
    private static final long STEP_TOP_TOKENS = Layouts.offset(Layouts.STEP, "top_tokens");
    private static final long STEP_TOP_LOGPROBS = Layouts.offset(Layouts.STEP, "top_logprobs");
    private static final long STEP_LOGITS = Layouts.offset(Layouts.STEP, "logits");

    /** The head's counts and pointers of {@link #inputs}, in the same order. */
    private static final long[] STEP_INPUT_COUNTS =
            stepOffsets("n_rows", "n_spans", "n_edits", "n_copies", "n_samples", "n_counts", "n_biases", "n_masks");

    private static final long[] STEP_INPUTS =
            stepOffsets("tokens", "spans", "edits", "copies", "samples", "counts", "biases", "masks");

    final int vocabulary;
    final int maskWords;

    final Column head = new Column(Layouts.STEP.byteSize(), 1);
    final Column tokens = new Column(Integer.BYTES, 64);
    final Column spans = new Column(Layouts.SPAN.byteSize(), 16);
    final Column edits = new Column(Layouts.PAGE_EDIT.byteSize(), 16);
    final Column copies = new Column(Layouts.PAGE_COPY.byteSize(), 16);
    final Column samples = new Column(Layouts.SAMPLE.byteSize(), 16);
    final Column counts = new Column(Layouts.TOKEN_COUNT.byteSize(), 16);
    final Column biases = new Column(Layouts.BIAS.byteSize(), 16);
    final Column masks;

    /** Results, sized to the samples by {@link #seal}. */
    final Column results = new Column(Layouts.RESULT.byteSize(), 16);

    final Column topTokens = new Column((long) Integer.BYTES * Layouts.MAX_TOP, 16);
    final Column topLogprobs = new Column((long) Float.BYTES * Layouts.MAX_TOP, 16);
    final Column logits;
    private final List<Column> inputs;

    StepColumns(int vocabulary) {
        this.vocabulary = vocabulary;
        maskWords = (int) ((vocabulary + 31L) / 32);
        masks = new Column((long) Integer.BYTES * maskWords, 1);
        logits = new Column((long) Float.BYTES * vocabulary, 1);
        inputs = List.of(tokens, spans, edits, copies, samples, counts, biases, masks);
    }

    void clear() {
        for (Column column : inputs) {
            column.clear();
        }
    }

    /** A sample that draws, of numbers that are all 0. */
    void addSample(int row, int slot, long position, long seed) {
        long at = samples.add(1);
        MemorySegment memory = samples.memory();
        memory.asSlice(at, Layouts.SAMPLE.byteSize()).fill((byte) 0);
        memory.set(JAVA_INT, at + SAMPLE_ROW, row);
        memory.set(JAVA_INT, at + SAMPLE_SLOT, slot);
        memory.set(JAVA_INT, at + SAMPLE_TARGET, StepDescriptor.DRAW);
        memory.set(JAVA_INT, at + SAMPLE_FIRST_COUNT, counts.count());
        memory.set(JAVA_INT, at + SAMPLE_FIRST_BIAS, biases.count());
        memory.set(JAVA_INT, at + SAMPLE_MASK, StepDescriptor.NO_MASK);
        memory.set(JAVA_LONG, at + SAMPLE_SEED, seed);
        memory.set(JAVA_LONG, at + SAMPLE_POSITION, position);
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
    MemorySegment seal(boolean wantsLogits) {
        results.reserve(samples.count());
        topTokens.reserve(samples.count());
        topLogprobs.reserve(samples.count());
        if (wantsLogits) {
            logits.reserve(samples.count());
        }
        MemorySegment step = head.memory();
        step.set(JAVA_INT, STEP_SIZE, (int) Layouts.STEP.byteSize());
        step.set(JAVA_INT, STEP_RESERVED, 0);
        for (int i = 0; i < inputs.size(); i++) {
            Column column = inputs.get(i);
            step.set(JAVA_INT, STEP_INPUT_COUNTS[i], column.count());
            step.set(ADDRESS, STEP_INPUTS[i], column.memory());
        }
        step.set(ADDRESS, STEP_RESULTS, results.memory());
        step.set(ADDRESS, STEP_TOP_TOKENS, topTokens.memory());
        step.set(ADDRESS, STEP_TOP_LOGPROBS, topLogprobs.memory());
        step.set(ADDRESS, STEP_LOGITS, wantsLogits ? logits.memory() : MemorySegment.NULL);
        return step;
    }

    private static long[] stepOffsets(String... fields) {
        return Stream.of(fields)
                .mapToLong(field -> Layouts.offset(Layouts.STEP, field))
                .toArray();
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
