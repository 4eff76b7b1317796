package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls listeners so that one that throws harms nobody but its own sequence: at once, or, where the model computes
 * elsewhere, when {@link #release} says so, in the same order.
 * Every method but {@link #finish} says whether the listener took it, or may still do so. Engine thread only.
 */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
    private static final int[] NO_IDS = {};
    private static final float[] NO_LOGPROBS = {};

    private final boolean late;

    /** What is still to be told: what a step's results made of it, at most. */
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();

    /** Whose listeners threw since somebody asked. */
    private final ArrayDeque<Sequence> deafened = new ArrayDeque<>();

    /** @param late whether listeners are told no earlier than {@link #release} */
    Delivery(boolean late) {
        this.late = late;
    }

    boolean started(Sequence sequence) {
        return tell(sequence, "onStarted", sequence.listener::onStarted);
    }

    boolean promptToken(Sequence sequence, int index, TokenScore score) {
        return tell(sequence, "onPromptToken", () -> sequence.listener.onPromptToken(index, score));
    }

    boolean prefilled(Sequence sequence) {
        int cached = sequence.cachedPrompt();
        return tell(sequence, "onPrefilled", () -> sequence.listener.onPrefilled(cached));
    }

    boolean token(Sequence sequence, TokenScore score) {
        return tell(sequence, "onToken", () -> sequence.listener.onToken(score));
    }

    void finish(Sequence sequence, Finish finish, EngineObserver.Phases phases) {
        if (late) {
            try {
                held.add(() -> end(sequence, finish, phases));
                return;
            } catch (Throwable noRoom) { // Its listener waits for this.
                LOG.error("an end could not be kept for later; it is told now", noRoom);
                release();
            }
        }
        end(sequence, finish, phases);
    }

    /**
     * Tells what was held back.
     *
     * @return whether there was anything
     */
    boolean release() {
        boolean any = !held.isEmpty();
        for (Runnable next = held.poll(); next != null; next = held.poll()) {
            next.run();
        }
        return any;
    }

    /** One whose listener threw while it was told something late, and who is to be ended; null where there is none. */
    @Nullable
    Sequence deafened() {
        return deafened.poll();
    }

    private boolean tell(Sequence sequence, String method, Runnable call) {
        if (!late) {
            return heard(method, call);
        }
        held.add(() -> {
            if (!sequence.deaf && !heard(method, call)) {
                sequence.deaf = true;
                deafened.add(sequence);
            }
        });
        return true;
    }

    private static boolean heard(String method, Runnable call) {
        try {
            call.run();
            return true;
        } catch (Throwable e) {
            LOG.error("a listener threw in {}; its sequence is ended", method, e);
            return false;
        }
    }

    private static void end(Sequence sequence, Finish finish, EngineObserver.Phases phases) {
        Finish told = sequence.deaf ? finish.broken() : finish;
        try {
            sequence.listener.onEnded(told, sequence.request.submittedNanos, phases);
        } catch (Throwable e) {
            LOG.error("a listener threw in onEnded; its sequence had ended already", e);
        }
        try {
            sequence.listener.onFinish(told);
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
}
