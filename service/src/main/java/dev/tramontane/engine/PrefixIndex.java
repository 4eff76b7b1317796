package dev.tramontane.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was computed, found again by its tokens. Whole blocks are found by name ({@link BlockKey}); the last, of which a
 * prompt may share only some tokens, by looking through the blocks that follow the same beginning. Engine thread only.
 *
 * <p>After n tokens a query sees the positions from {@code n - W + 1} on in a group of layers with window W, all of them
 * without one. So n tokens are a hit when of every group there are the pages of the blocks in which those lie; what lies
 * before may be gone. A group with a window of 1 sees nothing, so of it nothing is kept.
 */
final class PrefixIndex {
    /** Blocks after one beginning that are looked through, the newest first. */
    private static final int LOOKED_THROUGH = 32;

    private final RollingWindow[] windows;
    private final int pageTokens;
    private final KeptPages[] kept;
    private final Map<BlockKey, Block> whole = new HashMap<>();

    /** The newest block after each beginning. */
    private final Map<BlockKey, Block> after = new HashMap<>();

    /**
     * @param windows of each group, with pages of the same length
     * @param pages of each group
     */
    PrefixIndex(List<RollingWindow> windows, int[] pages) {
        this.windows = windows.toArray(RollingWindow[]::new);
        pageTokens = this.windows[0].pageTokens();
        kept = new KeptPages[pages.length];
        for (int group = 0; group < kept.length; group++) {
            kept[group] = new KeptPages(group, pages[group], this::unlink);
        }
    }

    KeptPages kept(int group) {
        return kept[group];
    }

    /** The block of this name, or null. */
    @Nullable
    Block whole(BlockKey key) {
        return whole.get(key);
    }

    /** Whether layers of a group see anything before a query at all. */
    boolean remembers(int group) {
        return windows[group].remembers();
    }

    /**
     * Whether {@link #find} may find more than so many tokens, at the cost of one look.
     *
     * @param known tokens of the prompt that are computed
     */
    boolean mayKnowMore(PromptBlocks prompt, int known) {
        int block = known / pageTokens;
        return block < prompt.whole() ? whole.containsKey(prompt.key(block)) : after.containsKey(prompt.before(block));
    }

    /**
     * The longest beginning of a prompt that is there.
     *
     * @param most tokens of interest
     * @param beyond only more than this is of interest
     * @return null when there is no more
     */
    @Nullable
    PrefixHit find(PromptBlocks prompt, int most, int beyond) {
        int[] run = new int[kept.length]; // Blocks without a gap up to the current one, of each group.
        int tokens = beyond;
        Block end = null;
        for (int block = 0; block * pageTokens < most; block++) {
            int start = block * pageTokens;
            Block known = start + pageTokens <= most ? whole.get(prompt.key(block)) : null;
            int reached = start + pageTokens;
            if (known == null) {
                known = longest(prompt, block, most);
                reached = known == null ? start : Math.min(most, start + known.common(prompt.tokens, start));
            }
            extend(run, known);
            if (reached > tokens && suffices(run, reached)) {
                tokens = reached;
                end = known;
            }
            if (isLost(run, block)) {
                break;
            }
            if (reached < start + pageTokens) {
                // What comes after it may still be there, for windows that do not see this far back.
                Arrays.fill(run, 0);
            }
        }
        return end == null ? null : hit(prompt, tokens, end);
    }

    private static void extend(int[] run, @Nullable Block block) {
        for (int group = 0; group < run.length; group++) {
            run[group] = block != null && block.pages[group] != PageTable.NO_PAGE ? run[group] + 1 : 0;
        }
    }

    /** Whether there is all that a query after so many tokens sees. */
    private boolean suffices(int[] run, int tokens) {
        for (int group = 0; group < run.length; group++) {
            if (remembers(group) && run[group] < blocksSeen(group, tokens)) {
                return false;
            }
        }
        return true;
    }

    /** Blocks in which lies what a query after so many tokens sees, at least one. */
    private long blocksSeen(int group, int tokens) {
        return windows[group].page(tokens - 1) - windows[group].firstPageSeen(tokens) + 1;
    }

    /** Whether a group without a window has a gap, so that nothing longer can be found. */
    private boolean isLost(int[] run, int block) {
        for (int group = 0; group < run.length; group++) {
            if (windows[group].window() == 0 && run[group] <= block) {
                return true;
            }
        }
        return false;
    }

    /** The block after the prompt's first ones that shares most of the next tokens with it and is there in every group. */
    private @Nullable Block longest(PromptBlocks prompt, int block, int most) {
        Block longest = null;
        int shared = 0;
        Block each = after.get(prompt.before(block));
        for (int looked = 0; each != null && looked < LOOKED_THROUGH; looked++) {
            int common = Math.min(each.common(prompt.tokens, block * pageTokens), most - block * pageTokens);
            if (common > shared && isThere(each)) {
                longest = each;
                shared = common;
            }
            each = each.older;
        }
        return longest;
    }

    private boolean isThere(Block block) {
        for (int group = 0; group < kept.length; group++) {
            if (remembers(group) && block.pages[group] == PageTable.NO_PAGE) {
                return false;
            }
        }
        return true;
    }

    private PrefixHit hit(PromptBlocks prompt, int tokens, Block end) {
        int last = (tokens - 1) / pageTokens;
        int[] first = new int[kept.length];
        int[][] pages = new int[kept.length][];
        for (int group = 0; group < kept.length; group++) {
            first[group] = remembers(group) ? (int) windows[group].firstPageSeen(tokens) : last + 1;
            pages[group] = new int[last + 1 - first[group]];
            for (int block = first[group]; block <= last; block++) {
                Block found = block == last ? end : whole.get(prompt.key(block));
                if (found == null || found.pages[group] == PageTable.NO_PAGE) {
                    throw new IllegalStateException("block " + block + " was found but is not there");
                }
                pages[group][block - first[group]] = found.pages[group];
            }
        }
        return new PrefixHit(tokens, first, pages);
    }

    /**
     * Keeps pages to be found again.
     *
     * @param key of a whole block, else null
     * @param tokens of the block; not copied
     * @param pages of each group, in use, holding all that was computed of the tokens; or none
     */
    void keep(Tenant tenant, BlockKey before, @Nullable BlockKey key, int[] tokens, int[] pages) {
        Block block = key != null ? whole.get(key) : covering(before, tokens);
        boolean fresh = block == null;
        if (block == null) {
            block = new Block(tenant, before, key, tokens, kept.length);
        }
        for (int group = 0; group < kept.length; group++) {
            if (remembers(group) && pages[group] != PageTable.NO_PAGE && block.pages[group] == PageTable.NO_PAGE) {
                kept[group].keep(pages[group], block);
            }
        }
        if (fresh && !block.isEmpty()) {
            link(block);
        }
    }

    /** A block that begins with these tokens and is there in every group. */
    private @Nullable Block covering(BlockKey before, int[] tokens) {
        Block each = after.get(before);
        for (int looked = 0; each != null && looked < LOOKED_THROUGH; looked++) {
            if (each.common(tokens, 0) == tokens.length && isThere(each)) {
                return each;
            }
            each = each.older;
        }
        return null;
    }

    private void link(Block block) {
        if (block.key != null) {
            whole.put(block.key, block);
        }
        Block older = after.put(block.before, block);
        block.older = older;
        if (older != null) {
            older.newer = block;
        }
    }

    private void unlink(Block block) {
        if (block.key != null) {
            whole.remove(block.key, block);
        }
        Block newer = block.newer;
        Block older = block.older;
        if (older != null) {
            older.newer = newer;
        }
        if (newer != null) {
            newer.older = older;
        } else if (after.get(block.before) == block) {
            if (older == null) {
                after.remove(block.before);
            } else {
                after.put(block.before, older);
            }
        }
        block.newer = null;
        block.older = null;
    }

    /**
     * Whether every block that can be found has a page and every kept page a block that can be found. Linear in both.
     *
     * @throws IllegalStateException naming what does not add up
     */
    void checkBooks() {
        Set<Block> linked = new HashSet<>();
        after.forEach((before, newest) -> {
            Block newer = null;
            for (Block each = newest; each != null; each = each.older) {
                if (!linked.add(each) || each.newer != newer || !each.before.equals(before)) {
                    throw new IllegalStateException("blocks after the same beginning are linked wrongly");
                }
                newer = each;
            }
        });
        for (Block block : whole.values()) {
            if (!linked.contains(block)) {
                throw new IllegalStateException("a block is known by name but not by what comes before it");
            }
        }
        for (Block block : linked) {
            boolean held = false;
            for (int group = 0; group < kept.length; group++) {
                int page = block.pages[group];
                held |= page != PageTable.NO_PAGE;
                if (page != PageTable.NO_PAGE && kept[group].block(page) != block) {
                    throw new IllegalStateException(
                            "group " + group + ": a block has page " + page + ", which is kept for another");
                }
            }
            if (!held) {
                throw new IllegalStateException("a block without a page can still be found");
            }
        }
        for (KeptPages each : kept) {
            each.checkBlocks(linked);
        }
    }
}
