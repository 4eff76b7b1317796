package dev.tramontane.model;

import java.nio.ByteBuffer;

/**
 * Consecutive layers of a model with their part of the cache, here or elsewhere: a link of the chain that a pipeline
 * drives. The first of a chain looks up the tokens' rows in the embedding too; the head (output norm, logits, samples) is
 * no stage. Driven by one thread at a time, the engine's; one step is in flight at most.
 *
 * <p>Whatever fails is a {@link ModelException} that says in its words which stage it was. After one from {@link #submit}
 * or {@link #await} no step is in flight any more, and the stage touches no buffer.
 */
public interface Stage extends AutoCloseable {

    /** Its layers, by the whole model's numbers. The embedding belongs to layer 0. */
    LayerRange layers();

    /** What it is. Any thread. */
    default StageFacts facts() {
        return new StageFacts("here", layers(), true);
    }

    /** Whether something else than this process's own compute threads computes its steps. */
    boolean computesElsewhere();

    /**
     * Allocates its layers' part of the cache, and a step's workspace; pages are then empty and no adapter is loaded.
     * Needed before the first step; again for an empty cache.
     *
     * @param shape the whole model's: every stage has the page tables of all groups, and pages of its own layers
     * @throws ModelException when the memory cannot be had
     */
    void sizeCache(CacheShape shape);

    /**
     * Starts a step and returns. The step and the bytes of its buffers belong to the stage until {@link #await} returns
     * true: until then nobody else writes the step or its input, and nobody else reads or writes its output.
     *
     * @throws ModelException when it was refused: nothing was applied
     */
    void submit(StageStep step);

    /**
     * Waits until the step in flight is done. Then its output has every row of {@link StageStep#wants}, what else lies
     * there is not defined, and step and buffers are the caller's again.
     *
     * @param timeoutNanos 0 polls
     * @return true when it is done or none was in flight, false when the time passed first
     * @throws ModelException when the stage failed; what it holds is then lost
     */
    boolean await(long timeoutNanos);

    /**
     * The same as long as it takes.
     *
     * @throws ModelException as {@link #await}
     */
    default void finish() {
        boolean done = false;
        while (!done) {
            done = await(100_000_000);
        }
    }

    /**
     * Copies its layers' part of a page out, between steps. Its bytes mean something only to a stage of the same layers,
     * weights, backend and page size.
     *
     * @param group of {@link ModelGeometry#groups()}, one that has layers here
     * @param to a direct buffer with as many bytes remaining as that part has; its position stays, the caller's again on
     *     return
     */
    void readPage(int group, int page, ByteBuffer to);

    /**
     * Copies its layers' part of a page into the cache, between steps, as {@link #readPage} gave it.
     *
     * @param from as for {@link #readPage}
     */
    void writePage(int group, int page, ByteBuffer from);

    /**
     * Loads its layers' parts of an adapter between steps, in place of what had its number; copies them.
     *
     * @param number 1 to the most that the cache's shape has
     * @param adapter whose layers count from this stage's first one; it may have no part
     * @throws ModelException when it doesn't fit the model or its room
     */
    void loadAdapter(int number, Adapter adapter);

    /**
     * Forgets an adapter between steps: no span may name it any more.
     *
     * @throws ModelException when it is not loaded
     */
    void dropAdapter(int number);

    /**
     * Whether a part was lost since it was last asked for something. Returns at once.
     *
     * @throws StageLostException when it was; see {@link #recover}
     */
    default void check() {}

    /** @param listener called on any thread when {@link #check} or {@link #recover} may have something new to say */
    default void onChange(Runnable listener) {}

    /**
     * After a {@link StageLostException}, of this stage or another one of its chain: whether it can be sized anew. No step is in flight then. Never waits for what is
     * out of reach.
     *
     * @throws StageLostException when it can't yet, for another reason than was said
     */
    default boolean recover() {
        return true;
    }

    /** Waits for the step in flight, or breaks it off, and gives back what it holds. */
    @Override
    void close();
}
