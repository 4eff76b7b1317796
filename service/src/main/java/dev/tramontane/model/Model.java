package dev.tramontane.model;

/**
 * A loaded model with its cache: all that the engine knows of it. Driven by one thread at a time, the engine's; one step
 * is in flight at most.
 */
public interface Model extends AutoCloseable {

    ModelGeometry geometry();

    /**
     * Allocates cache and workspace; pages are then empty. Must be called before the first step.
     *
     * @throws ModelException when the memory cannot be had
     */
    void sizeCache(CacheShape shape);

    /**
     * Makes an empty batch for this model, in its memory: usable as long as the model is open. The engine makes one and
     * uses it for every step.
     */
    StepBatch newBatch();

    /**
     * Starts the step that {@code batch} describes and returns. The batch belongs to the model until {@link #await}
     * returns true.
     *
     * @throws IllegalArgumentException when another model made the batch
     * @throws ModelException when the step was refused; nothing was applied
     */
    void submit(StepBatch batch);

    /**
     * Waits until the step in flight is done and its results can be read from the batch.
     *
     * @return false when {@code timeoutNanos} passed first
     * @throws ModelException when the device failed; the model can then only be closed
     */
    boolean await(long timeoutNanos);

    /**
     * Computes a batch from beginning to end, for whoever has nothing to do in the meantime.
     *
     * @throws ModelException as {@link #submit} and {@link #await}
     */
    default void run(StepBatch batch) {
        submit(batch);
        boolean done = false;
        while (!done) {
            done = await(100_000_000);
        }
    }

    @Override
    void close();
}
