package dev.tramontane.engine;

import dev.tramontane.model.Adapter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Generates tokens for many sequences at once. All methods may be called from any thread and never block. */
public interface Engine extends AutoCloseable {

    /** When those are to ask again who are turned away, or were ended, because a part of the model was lost. How long that lasts, nobody knows. */
    int LOST_RETRY_SECONDS = 5;

    /**
     * Admits or queues a request of one or more choices that share a prompt. Listeners are called on the engine thread.
     *
     * @param listeners one per choice; choice i samples with {@code sampling.seed + i}
     * @return one handle per choice, in order
     * @throws RefusedException when the request can never fit, the queue is full, or the engine is closed or has failed
     * @throws IllegalArgumentException when the submission means nothing (an empty prompt, an id outside the vocabulary);
     *     the message names the field
     */
    List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
            throws RefusedException;

    /**
     * Loads an adapter between two steps, which are held up as long as copying it takes, and again when a lost part of the model is back:
     * then only if its data is what it was, else every request for it is refused.
     *
     * @return completes on the engine thread: with a {@link RefusedException} where there is no room for it, as in an
     *     engine that says nothing else, with a {@link dev.tramontane.model.ModelException} where it does not fit the model
     */
    default CompletableFuture<EngineAdapter> loadAdapter(AdapterData data) {
        data.release();
        return CompletableFuture.failedFuture(new RefusedException(
                RefusedException.Cause.BUSY, "the server was started without room for adapters", 0));
    }

    /** The same with data that stays in any case. */
    default CompletableFuture<EngineAdapter> loadAdapter(Adapter adapter) {
        return loadAdapter(AdapterData.of(adapter));
    }

    /** What a request may ask for at most. */
    EngineLimits limits();

    /** Queue, batch and pages as of the last step. */
    EngineStatus status();

    /** What the engine holds and could take. */
    Capacity capacity();

    /** Why nothing is computed for now, though it will be again; null where it is. Fit for clients. */
    default @Nullable String outage() {
        return null;
    }

    /** Whether nothing is computed any more, for good. */
    default boolean failed() {
        return false;
    }

    /** The clock of deadlines: monotonic nanoseconds. */
    long nanos();

    /**
     * Stops the loop after cancelling everything; returns when the thread has ended, or at once when called by a
     * listener. The model stays open.
     */
    @Override
    void close();
}
