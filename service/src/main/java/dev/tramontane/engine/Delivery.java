package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls listeners so that one that throws harms nobody but its own sequence. Every method but {@link #finish} says
 * whether the listener took it. Engine thread only.
 */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
    private static final int[] NO_IDS = {};
    private static final float[] NO_LOGPROBS = {};

    boolean started(Sequence sequence) {
        try {
            sequence.listener.onStarted();
            return true;
        } catch (Throwable e) {
            return failed("onStarted", e);
        }
    }

    boolean promptToken(Sequence sequence, int index, TokenScore score) {
        try {
            sequence.listener.onPromptToken(index, score);
            return true;
        } catch (Throwable e) {
            return failed("onPromptToken", e);
        }
    }

    boolean prefilled(Sequence sequence) {
        try {
            sequence.listener.onPrefilled(sequence.cachedPrompt());
            return true;
        } catch (Throwable e) {
            return failed("onPrefilled", e);
        }
    }

    boolean token(Sequence sequence, TokenScore score) {
        try {
            sequence.listener.onToken(score);
            return true;
        } catch (Throwable e) {
            return failed("onToken", e);
        }
    }

    void finish(Sequence sequence, Finish finish, EngineObserver.Phases phases) {
        try {
            sequence.listener.onEnded(finish, sequence.request.submittedNanos, phases);
        } catch (Throwable e) {
            LOG.error("a listener threw in onEnded; its sequence had ended already", e);
        }
        try {
            sequence.listener.onFinish(finish);
        } catch (Throwable e) {
            LOG.error("a listener threw in onFinish; its sequence had ended already", e);
        }
    }

    /** The result of a sample as listeners see it. */
    static TokenScore score(StepBatch batch, int sample) {
        int tops = batch.resultTops(sample);
        int[] ids = tops == 0 ? NO_IDS : new int[tops];
        float[] logprobs = tops == 0 ? NO_LOGPROBS : new float[tops];
        for (int rank = 0; rank < tops; rank++) {
            ids[rank] = batch.topToken(sample, rank);
            logprobs[rank] = batch.topLogprob(sample, rank);
        }
        return new TokenScore(batch.resultToken(sample), batch.resultLogprob(sample), ids, logprobs);
    }

    private static boolean failed(String method, Throwable e) {
        LOG.error("a listener threw in {}; its sequence is ended", method, e);
        return false;
    }
}
