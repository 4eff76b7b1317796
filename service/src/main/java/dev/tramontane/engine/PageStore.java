package dev.tramontane.engine;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where whole blocks of computed tokens outlive the cache, on a slower medium, by names that mean the same in every
 * process. Called by the engine thread alone, and every call returns at once, whatever the medium does: what cannot be
 * had soon is as good as not there, for it can be computed again. Answers come on any thread.
 *
 * <p>A block's bytes are its pages of some groups of layers, by rising group. Which, is said in bits, 1 for the first group.
 */
public interface PageStore {

    /** Hears what was found. */
    interface Receiver {
        /**
         * A block is there. May still come after {@link #end}.
         *
         * @param index among the names that were asked for
         * @param groups of which it has pages
         * @param pages a direct buffer; the receiver's until it is given to {@link PageStore#release}
         */
        void block(int index, int groups, ByteBuffer pages);

        /** All that comes soon has come. Said once. */
        void end();
    }

    /**
     * A direct buffer for a block that is to be kept, for all groups' pages; the caller's until {@link #keep}.
     *
     * @return null while as many are on their way as may be; {@link #onRoom}'s listener hears when that changes
     */
    @Nullable
    ByteBuffer room();

    /** @param listener called on any thread whenever a block has been written, so that there is room again */
    void onRoom(Runnable listener);

    /**
     * Keeps a block. Whether that succeeds is not told.
     *
     * @param groups of which it has pages
     * @param pages of {@link #room}, from position to limit
     */
    void keep(String name, int groups, ByteBuffer pages);

    /** Takes a buffer of {@link #room} back in which nothing is to be kept. */
    void giveBack(ByteBuffer room);

    /**
     * Asks which blocks are there.
     *
     * @param toGap whether those after the first that is not there are of no use
     * @param answer hears, once, of which groups there are pages, by name: 0 where it is not there
     */
    void look(List<String> names, boolean toGap, Consumer<int[]> answer);

    /** Asks for blocks, the most important first. */
    void fetch(List<String> names, Receiver receiver);

    /** These blocks are not to be trusted. */
    void forget(List<String> names);

    /** What was received is not needed any more. */
    void release(ByteBuffer pages);
}
