package dev.tramontane.model;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A loaded model with its cache: all that the engine knows of it. Driven by one thread at a time, the engine's; one step
 * is in flight at most.
 */
public interface Model extends AutoCloseable {

    ModelGeometry geometry();

    /**
     * Whether something else than this machine's processors computes the steps, so that these have time for others'
     * affairs meanwhile.
     */
    default boolean computesElsewhere() {
        return false;
    }

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
     * Copies a page of the cache out, between steps. Its bytes mean something only to a model of the same weights, backend
     * and page size.
     *
     * @param group of {@link ModelGeometry#groups()}
     * @param to a direct buffer with as many bytes remaining as a page of the group has; its position stays
     * @throws ModelException when there is no such page, it has another size, or the device failed
     */
    void readPage(int group, int page, ByteBuffer to);

    /**
     * Copies a page into the cache, between steps, as {@link #readPage} gave it.
     *
     * @param from a direct buffer with as many bytes remaining as a page of the group has; its position stays
     * @throws ModelException when there is no such page, it has another size, or the device failed
     */
    void writePage(int group, int page, ByteBuffer from);

    /**
     * Loads an adapter between steps, in place of what had its number; copies it, which takes its time.
     *
     * @param number 1 to the most that the cache's shape has
     * @throws ModelException when it doesn't fit the model or its room, or the device failed
     */
    void loadAdapter(int number, Adapter adapter);

    /**
     * Forgets an adapter between steps: no span may name it any more.
     *
     * @throws ModelException when it is not loaded
     */
    void dropAdapter(int number);

    /**
     * Starts the step that {@code batch} describes and returns. The batch belongs to the model until {@link #await}
     * returns true.
     *
     * @throws IllegalArgumentException when another model made the batch
     * @throws ModelException when the step was refused; nothing was applied
     */
    void submit(StepBatch batch);

    /**
     * Says that the late masks of the step in flight are written ({@link StepBatch#allowLater}): needed before {@link #await} where it has
     * such.
     *
     * @throws ModelException when no step is in flight
     */
    void releaseMasks();

    /**
     * Waits until the step in flight is done and its results can be read from the batch.
     *
     * @return false when {@code timeoutNanos} passed first
     * @throws StageLostException when a part of the model was lost; see {@link #recover}. So may every other method
     * @throws ModelException when the device failed; the model can then only be closed
     */
    boolean await(long timeoutNanos);

    /**
     * Between steps: whether a part was lost since something was last asked of it. Returns at once.
     *
     * @throws StageLostException when it was
     */
    default void check() {}

    /** What its layers are divided into, in their order; empty for a model in one piece. Any thread. */
    default List<StageFacts> stages() {
        return List.of();
    }

    /** @param listener called on any thread when {@link #check} or {@link #recover} may have something new to say */
    default void onChange(Runnable listener) {}

    /**
     * After a {@link StageLostException}: whether the model can go on, as {@link #sizeCache} left it, with empty pages and no adapters.
     * Until it returns true nothing else may be called but {@link #close}. Never waits for what is out of reach: that is looked for
     * meanwhile, without the caller.
     *
     * @throws StageLostException when it can't yet, for another reason than was said
     * @throws ModelException when it never will
     */
    default boolean recover() {
        throw new IllegalStateException("no part of this model can be lost");
    }

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
