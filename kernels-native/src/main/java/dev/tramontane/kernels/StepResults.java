package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * What came of a step's samples, by their numbers. Every call throws {@link IllegalStateException} unless the step is done. Threads as of
 * {@link StepDescriptor}.
 */
public final class StepResults {
    private final StepDescriptor step;
    private final StepColumns columns;

    StepResults(StepDescriptor step, StepColumns columns) {
        this.step = step;
        this.columns = columns;
    }

    /** The drawn token, or the target. */
    public int token(int sample) {
        return columns.results.memory().get(JAVA_INT, result(sample) + columns.layout.resultToken);
    }

    /** 0 fine, 1 not finite, 2 masked out: {@code TM_RESULT_*}. */
    public int status(int sample) {
        return columns.results.memory().get(JAVA_INT, result(sample) + columns.layout.resultStatus);
    }

    /** Natural logarithm of the probability of the result's token. */
    public float logprob(int sample) {
        return columns.results.memory().get(JAVA_FLOAT, result(sample) + columns.layout.resultLogprob);
    }

    /** Alternatives that were written. */
    public int tops(int sample) {
        int tops = columns.results.memory().get(JAVA_INT, result(sample) + columns.layout.resultTops);
        if (tops < 0 || tops > StepDescriptor.MAX_TOP) {
            throw new KernelException(
                    "the kernel library reports " + tops + " alternatives of at most " + StepDescriptor.MAX_TOP);
        }
        return tops;
    }

    /** The alternative of this rank, 0 the most likely. */
    public int topToken(int sample, int rank) {
        return columns.topTokens.memory().getAtIndex(JAVA_INT, top(sample, rank));
    }

    public float topLogprob(int sample, int rank) {
        return columns.topLogprobs.memory().getAtIndex(JAVA_FLOAT, top(sample, rank));
    }

    /** Copies the raw logits of one sample to {@code into[at ..]}. */
    public void copyLogits(int sample, float[] into, int at) {
        result(sample);
        step.require(step.hasLogits(), "was asked for logits");
        long from = (long) sample * columns.vocabulary * Float.BYTES;
        MemorySegment.copy(columns.logits.memory(), JAVA_FLOAT, from, into, at, columns.vocabulary);
    }

    private long result(int sample) {
        step.done();
        if (sample < 0 || sample >= columns.samples.count()) {
            throw new IndexOutOfBoundsException("sample " + sample + " is outside 0.." + (columns.samples.count() - 1));
        }
        return (long) sample * columns.layout.result.size();
    }

    private long top(int sample, int rank) {
        int tops = tops(sample);
        if (rank < 0 || rank >= tops) {
            throw new IndexOutOfBoundsException("alternative " + rank + " is outside 0.." + (tops - 1));
        }
        return (long) sample * StepDescriptor.MAX_TOP + rank;
    }
}
