package dev.tramontane.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tokens after a certain beginning, and the pages in which lies what was computed of them: a page of each group of layers,
 * or none where it was given up or nobody needs it. Engine thread only; {@link KeptPages} alone changes its pages.
 */
final class Block {
    /** Whose tokens they are. */
    final Tenant tenant;

    /** The name of all tokens before it. */
    final BlockKey before;

    /** The name of all tokens to its end; null for one that is not whole. */
    final @Nullable BlockKey key;

    /** From the page's beginning on. */
    final int[] tokens;

    /** [group], or {@link PageTable#NO_PAGE}. */
    final int[] pages;

    /** Groups whose pages a {@link PageStore} was given or has given, a bit each. */
    int stored;

    /** Whether it waits to be given to one. */
    boolean leaving;

    /** Neighbours among the blocks that follow the same beginning. */
    @Nullable
    Block newer;

    @Nullable
    Block older;

    Block(Tenant tenant, BlockKey before, @Nullable BlockKey key, int[] tokens, int groups) {
        this.tenant = tenant;
        this.before = before;
        this.key = key;
        this.tokens = tokens;
        pages = new int[groups];
        Arrays.fill(pages, PageTable.NO_PAGE);
    }

    boolean isEmpty() {
        for (int page : pages) {
            if (page != PageTable.NO_PAGE) {
                return false;
            }
        }
        return true;
    }

    /** Groups of which there is a page, a bit each. */
    int groups() {
        int groups = 0;
        for (int group = 0; group < pages.length; group++) {
            groups |= pages[group] == PageTable.NO_PAGE ? 0 : 1 << group;
        }
        return groups;
    }

    /** How many of the tokens from {@code from} on are its first ones. */
    int common(int[] others, int from) {
        int most = Math.min(tokens.length, others.length - from);
        int mismatch = Arrays.mismatch(tokens, 0, most, others, from, from + most);
        return mismatch < 0 ? most : mismatch;
    }
}
