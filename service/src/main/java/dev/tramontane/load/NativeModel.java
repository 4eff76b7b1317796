package dev.tramontane.load;

import dev.tramontane.kernels.CacheConfig;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.kernels.SampleNumber;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.StepBatch;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The model in the kernel library: copies a batch into the step's descriptor and the results back. */
final class NativeModel implements Model {
    private static final SamplingParameter[] PARAMETERS = SamplingParameter.values();

    private final ModelGeometry geometry;
    private final KernelContext context;
    private final StepDescriptor step;

    /** Where each of {@link #PARAMETERS} lies in a sample. */
    private final SampleNumber[] numbers;

    /** Masks of the step being filled: samples that share an array share a mask. */
    private final IdentityHashMap<int[], Integer> masks = new IdentityHashMap<>();

    /** Allows the ids that have tokens; empty when all have. */
    private final int[] tokens;

    private @Nullable StepBatch inFlight;

    /**
     * Takes over a prepared context.
     *
     * @param tokens ids that have tokens; those from there to the geometry's vocabulary are never sampled
     */
    NativeModel(ModelGeometry geometry, int tokens, KernelContext context) {
        this.geometry = geometry;
        this.context = context;
        this.tokens = tokens < geometry.vocabulary() ? first(tokens, geometry.vocabulary()) : new int[0];
        step = new StepDescriptor(geometry.vocabulary());
        numbers = numbers();
    }

    /** The library's samples and the table of parameters have the same numbers, or no step could be trusted. */
    private static SampleNumber[] numbers() {
        List<String> known =
                Arrays.stream(PARAMETERS).map(SamplingParameter::wireName).toList();
        List<String> unknown = SampleNumber.names().stream()
                .filter(name -> !known.contains(name))
                .toList();
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("samples of the kernel library have numbers that SamplingParameter does not"
                    + " list: " + String.join(", ", unknown));
        }
        return known.stream().map(SampleNumber::of).toArray(SampleNumber[]::new);
    }

    /** A mask of {@code vocabulary} bits, the first {@code count} of them set. */
    private static int[] first(int count, int vocabulary) {
        int[] mask = new int[(vocabulary + 31) / 32];
        for (int id = 0; id < count; id++) {
            mask[id / 32] |= 1 << id % 32;
        }
        return mask;
    }

    @Override
    public ModelGeometry geometry() {
        return geometry;
    }

    @Override
    public void sizeCache(CacheShape shape) {
        try {
            context.sizeCache(new CacheConfig(
                    shape.halfPrecision() ? DType.F16 : DType.F32,
                    shape.pageTokens(),
                    shape.slots(),
                    shape.maxRows(),
                    shape.maxSpans(),
                    shape.maxSamples(),
                    shape.groups().stream().map(CacheShape.Group::pages).toList(),
                    shape.groups().stream().map(CacheShape.Group::ring).toList()));
        } catch (KernelException | IllegalArgumentException refused) {
            throw failure(refused);
        }
    }

    /** What the kernels hold. */
    MemoryUse memoryUse() {
        return context.memoryUse();
    }

    @Override
    public void submit(StepBatch batch) {
        if (inFlight != null) {
            throw new IllegalStateException("a step is in flight; await it before the next");
        }
        try {
            fill(batch);
            context.submit(step);
            inFlight = batch;
        } catch (KernelException | IllegalArgumentException refused) {
            throw failure(refused);
        }
    }

    @Override
    public boolean await(long timeoutNanos) {
        StepBatch batch = inFlight;
        try {
            if (!context.await(timeoutNanos)) {
                return false;
            }
        } catch (KernelException failed) {
            inFlight = null;
            throw failure(failed);
        }
        inFlight = null;
        if (batch != null) {
            read(batch);
        }
        return true;
    }

    @Override
    public void close() {
        context.close();
        step.close();
        inFlight = null;
    }

    private void fill(StepBatch batch) {
        step.clear();
        masks.clear();
        for (int span = 0; span < batch.spans(); span++) {
            step.addSpan(batch.spanSlot(span), batch.spanPosition(span));
            int first = batch.spanFirstRow(span);
            for (int row = first; row < first + batch.spanRows(span); row++) {
                step.addRow(batch.token(row));
            }
        }
        for (int edit = 0; edit < batch.edits(); edit++) {
            step.addEdit(batch.editSlot(edit), batch.editGroup(edit), batch.editIndex(edit), batch.editPage(edit));
        }
        for (int copy = 0; copy < batch.copies(); copy++) {
            step.addCopy(batch.copyGroup(copy), batch.copyFrom(copy), batch.copyTo(copy));
        }
        for (int sample = 0; sample < batch.samples(); sample++) {
            fill(batch.sample(sample));
        }
        if (batch.wantsLogits()) {
            step.wantLogits();
        }
    }

    private void fill(StepBatch.Sample sample) {
        Sampling sampling = sample.sampling();
        step.addSample(sample.row(), sample.slot(), sample.position(), sampling.seed());
        for (int i = 0; i < numbers.length; i++) {
            step.set(numbers[i], sampling.value(PARAMETERS[i]));
        }
        step.score(sample.target());
        step.reportTops(sample.tops());
        step.useMask(mask(sample.mask()));
        step.addCounts(sample.counts(), sample.countPairs());
        for (Map.Entry<Integer, Float> bias : sampling.bias().entrySet()) {
            step.addBias(bias.getKey(), bias.getValue());
        }
    }

    private int mask(int[] words) {
        if (words.length == 0 && tokens.length == 0) {
            return StepDescriptor.NO_MASK;
        }
        if (words.length == 0) {
            return masks.computeIfAbsent(tokens, step::addMask);
        }
        return masks.computeIfAbsent(words, asked -> step.addMask(tokens.length == 0 ? asked : tokensOf(asked)));
    }

    /** What a mask allows of the ids that have tokens. */
    private int[] tokensOf(int[] asked) {
        int[] both = asked.clone();
        for (int word = 0; word < both.length; word++) {
            both[word] &= tokens[word];
        }
        return both;
    }

    private void read(StepBatch batch) {
        for (int sample = 0; sample < batch.samples(); sample++) {
            int tops = step.resultTops(sample);
            batch.setResult(
                    sample, step.resultToken(sample), step.resultStatus(sample), step.resultLogprob(sample), tops);
            for (int rank = 0; rank < tops; rank++) {
                batch.setTop(sample, rank, step.topToken(sample, rank), step.topLogprob(sample, rank));
            }
        }
        if (batch.wantsLogits()) {
            float[] logits = batch.logitsFor(geometry.vocabulary());
            for (int sample = 0; sample < batch.samples(); sample++) {
                step.copyLogits(sample, logits, sample * geometry.vocabulary());
            }
        }
    }

    private static ModelException failure(RuntimeException refused) {
        return new ModelException(String.valueOf(refused.getMessage()), refused);
    }
}
