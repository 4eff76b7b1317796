package dev.tramontane.load;

import dev.tramontane.kernels.SampleNumber;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.StepBatch;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** A batch whose rows and samples are entries of the step's descriptor from the start: what the kernels read. */
class NativeBatch implements StepBatch {
    private static final SamplingParameter[] PARAMETERS = SamplingParameter.values();

    private final StepDescriptor step;

    /** Where each of {@link #PARAMETERS} lies in a sample. */
    private final SampleNumber[] numbers;

    /** Masks of the step being filled, by the arrays they were given as. */
    private final IdentityHashMap<int[], Integer> masks = new IdentityHashMap<>();

    /** Allows the ids that have tokens; empty when all have. */
    private final int[] tokens;

    NativeBatch(StepDescriptor step, int[] tokens) {
        this.step = step;
        this.tokens = tokens;
        numbers = numbers(step);
    }

    /** The library's samples and the table of parameters have the same numbers, or no step could be trusted. */
    private static SampleNumber[] numbers(StepDescriptor step) {
        List<String> known =
                Arrays.stream(PARAMETERS).map(SamplingParameter::wireName).toList();
        List<String> unknown =
                step.numbers().stream().filter(name -> !known.contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("samples of the kernel library have numbers that SamplingParameter does not"
                    + " list: " + String.join(", ", unknown));
        }
        return known.stream().map(step::number).toArray(SampleNumber[]::new);
    }

    StepDescriptor step() {
        return step;
    }

    @Override
    public void clear() {
        step.clear();
        masks.clear();
    }

    @Override
    public void addSpan(int slot, long position, int adapter) {
        step.addSpan(slot, position, adapter);
    }

    @Override
    public int addRow(int token) {
        step.addRow(token);
        return step.rows() - 1;
    }

    @Override
    public void addEdit(int slot, int group, int index, int page) {
        step.addEdit(slot, group, index, page);
    }

    @Override
    public void addCopy(int group, int from, int to) {
        step.addCopy(group, from, to);
    }

    @Override
    public int addDraw(int row, int slot, long position, Sampling sampling) {
        int sample = add(row, slot, position, sampling);
        for (Map.Entry<Integer, Float> bias : sampling.bias().entrySet()) {
            step.addBias(bias.getKey(), bias.getValue());
        }
        if (tokens.length > 0) {
            step.useMask(shared(tokens, false));
        }
        return sample;
    }

    @Override
    public int addScore(int row, int slot, int token) {
        int sample = add(row, slot, 0, Sampling.NEUTRAL);
        step.score(token);
        return sample;
    }

    private int add(int row, int slot, long position, Sampling sampling) {
        int sample = step.addSample(row, slot, position, sampling.seed());
        for (int i = 0; i < numbers.length; i++) {
            step.set(numbers[i], sampling.value(PARAMETERS[i]));
        }
        return sample;
    }

    @Override
    public void reportTops(int tops) {
        step.reportTops(tops);
    }

    @Override
    public void addCounts(int[] pairs, int count) {
        step.addCounts(pairs, count);
    }

    @Override
    public void allow(int[] mask) {
        step.useMask(shared(mask, true));
    }

    @Override
    public int allowLater() {
        int mask = step.masks().addLate();
        step.useMask(mask);
        return mask;
    }

    @Override
    public void writeMask(int mask, long[] words) {
        step.masks().write(mask, tokensOf(words));
    }

    /** What a mask allows of the ids that have tokens. */
    long[] tokensOf(long[] asked) {
        if (tokens.length == 0) {
            return asked;
        }
        long[] both = asked.clone();
        StepBatch.restrict(both, tokens);
        return both;
    }

    /** @param asked by a request, which may allow ids without tokens */
    private int shared(int[] words, boolean asked) {
        Integer known = masks.get(words);
        if (known != null) {
            return known;
        }
        int mask = step.masks().add(asked && tokens.length > 0 ? tokensOf(words) : words);
        masks.put(words, mask);
        return mask;
    }

    /** What a mask allows of the ids that have tokens. */
    private int[] tokensOf(int[] asked) {
        int[] both = asked.clone();
        for (int word = 0; word < both.length && word < tokens.length; word++) {
            both[word] &= tokens[word];
        }
        return both;
    }

    @Override
    public void wantLogits() {
        step.wantLogits();
    }

    @Override
    public int rows() {
        return step.rows();
    }

    @Override
    public int samples() {
        return step.samples();
    }

    @Override
    public int resultToken(int sample) {
        return step.results().token(sample);
    }

    @Override
    public int resultStatus(int sample) {
        return step.results().status(sample);
    }

    @Override
    public float resultLogprob(int sample) {
        return step.results().logprob(sample);
    }

    @Override
    public int resultTops(int sample) {
        return step.results().tops(sample);
    }

    @Override
    public int topToken(int sample, int rank) {
        return step.results().topToken(sample, rank);
    }

    @Override
    public float topLogprob(int sample, int rank) {
        return step.results().topLogprob(sample, rank);
    }

    @Override
    public void copyLogits(int sample, float[] into, int at) {
        step.results().copyLogits(sample, into, at);
    }
}
