package dev.tramontane.engine;

import org.jspecify.annotations.Nullable;

/**
 * What the answer of one choice must be: which token may come next, token by token. The engine's own once it is submitted, and asked on its
 * thread: for a mask while the model computes what the mask will be applied to, for the rest between steps. None may block.
 */
public interface Guide {

    /**
     * Says which tokens may follow, an end of the answer among them where it may end.
     *
     * @param words bit {@code id % 64} of word {@code id / 64} for each token; all are written
     * @param work that may be done for it, which it spends; nothing may be left, and what is known needs none
     * @return false where that takes more work than is left: it is asked again, and goes on, in this step or the next
     * @throws GuideException when there is no more to it; that ends the answer
     */
    boolean mask(long[] words, MaskWork work);

    /**
     * Takes the token that was drawn, which is no end.
     *
     * @return whether it fits
     * @throws GuideException when that can't be found out; that ends the answer
     */
    boolean accept(int token);

    /**
     * A guide at the same place that goes its own way, over tokens that are only guessed: it may take fewer than this one does, but none that
     * this one does not.
     *
     * @return null where there is none: then nothing is guessed beyond what follows here
     */
    @Nullable
    Guide fork();

    /** Whether the answer may end here. */
    boolean isComplete();

    /** Whether nothing may follow. */
    boolean isFinished();
}
