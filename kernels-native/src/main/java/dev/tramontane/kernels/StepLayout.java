package dev.tramontane.kernels;

import static dev.tramontane.kernels.Struct.Type.F32;
import static dev.tramontane.kernels.Struct.Type.I32;
import static dev.tramontane.kernels.Struct.Type.I64;
import static dev.tramontane.kernels.Struct.Type.POINTER;
import static dev.tramontane.kernels.Struct.Type.U32;
import static dev.tramontane.kernels.Struct.Type.U64;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Where everything of a step lies: byte offsets in its structs, found by name once, when the library is loaded. */
final class StepLayout {
    final Struct step;
    final Struct span;
    final Struct edit;
    final Struct copy;
    final Struct sample;
    final Struct count;
    final Struct bias;
    final Struct result;

    final long spanSlot;
    final long spanFirstRow;
    final long spanRows;
    final long spanAdapter;
    final long spanPosition;

    final long editSlot;
    final long editGroup;
    final long editIndex;
    final long editPage;

    final long copyGroup;
    final long copyFrom;
    final long copyTo;
    final long copyReserved;

    final long biasToken;
    final long biasBias;

    final long sampleRow;
    final long sampleSlot;
    final long sampleTarget;
    final long sampleTops;
    final long sampleCounts;
    final long sampleFirstCount;
    final long sampleBiases;
    final long sampleFirstBias;
    final long sampleMask;
    final long sampleSeed;
    final long samplePosition;

    /** The other fields of a sample by their names, in order of declaration. */
    final Map<String, SampleNumber> sampleNumbers;

    final long resultToken;
    final long resultStatus;
    final long resultLogprob;
    final long resultTops;

    final long stepSize;
    final long stepLateMasks;
    final long stepResults;
    final long stepTopTokens;
    final long stepTopLogprobs;
    final long stepLogits;
    final long stepHiddenIn;
    final long stepHiddenOut;

    /** The head's counts and pointers of a step's arrays: rows, spans, edits, copies, samples, counts, biases, masks. */
    final long[] stepCounts;

    final long[] stepArrays;

    /** @param structs the library's structs by their names in tramontane.h */
    StepLayout(Function<String, Struct> structs) {
        step = structs.apply("tm_step");
        span = structs.apply("tm_span");
        edit = structs.apply("tm_page_edit");
        copy = structs.apply("tm_page_copy");
        sample = structs.apply("tm_sample");
        count = structs.apply("tm_token_count");
        bias = structs.apply("tm_bias");
        result = structs.apply("tm_result");

        stepSize = step.at("struct_size", U32);
        stepLateMasks = step.at("late_masks", U32);
        stepCounts = Stream.of(
                        "n_rows", "n_spans", "n_edits", "n_copies", "n_samples", "n_counts", "n_biases", "n_masks")
                .mapToLong(field -> step.at(field, U32))
                .toArray();
        stepArrays = Stream.of("tokens", "spans", "edits", "copies", "samples", "counts", "biases", "masks")
                .mapToLong(field -> step.at(field, POINTER))
                .toArray();
        stepResults = step.at("results", POINTER);
        stepTopTokens = step.at("top_tokens", POINTER);
        stepTopLogprobs = step.at("top_logprobs", POINTER);
        stepLogits = step.at("logits", POINTER);
        stepHiddenIn = step.at("hidden_in", POINTER);
        stepHiddenOut = step.at("hidden_out", POINTER);
        step.whole();

        spanSlot = span.at("slot", U32);
        spanFirstRow = span.at("first_row", U32);
        spanRows = span.at("n_rows", U32);
        spanAdapter = span.at("adapter", U32);
        spanPosition = span.at("position", I64);
        span.whole();

        editSlot = edit.at("slot", U32);
        editGroup = edit.at("group", U32);
        editIndex = edit.at("index", U32);
        editPage = edit.at("page", U32);
        edit.whole();

        copyGroup = copy.at("group", U32);
        copyFrom = copy.at("from", U32);
        copyTo = copy.at("to", U32);
        copyReserved = copy.at("reserved", U32);
        copy.whole();

        // They are many, so they are copied as one array of (token, count) pairs.
        count.require(
                count.at("token", I32) == 0
                        && count.at("count", I32) == Integer.BYTES
                        && count.size() == 2 * Integer.BYTES,
                "its fields are no pair of numbers");
        count.whole();
        biasToken = bias.at("token", I32);
        biasBias = bias.at("bias", F32);
        bias.whole();

        sampleRow = sample.at("row", U32);
        sampleSlot = sample.at("slot", U32);
        sampleTarget = sample.at("target", I32);
        sampleTops = sample.at("top_logprobs", U32);
        sampleCounts = sample.at("n_counts", U32);
        sampleFirstCount = sample.at("first_count", U32);
        sampleBiases = sample.at("n_biases", U32);
        sampleFirstBias = sample.at("first_bias", U32);
        sampleMask = sample.at("mask", I32);
        sampleSeed = sample.at("seed", U64);
        samplePosition = sample.at("position", I64);
        Map<String, SampleNumber> numbers = new LinkedHashMap<>();
        for (String name : sample.unknown()) {
            Struct.Field field = sample.field(name, 1, U32, I32, F32);
            numbers.put(name, new SampleNumber(field.offset(), field.type() != F32));
        }
        sampleNumbers = Collections.unmodifiableMap(numbers);

        resultToken = result.at("token", I32);
        resultStatus = result.at("status", U32);
        resultLogprob = result.at("logprob", F32);
        resultTops = result.at("n_top", U32);
        result.whole();
    }
}
