package dev.tramontane.engine;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Pages of one group of layers whose content is kept to be found again. While a sequence has such a page it is like any
 * other; when nobody has it any more it rests, and is given up for the next sequence that needs one: that of the tenant
 * who has most at rest for his share, and of his the one that was used longest ago. Engine thread only.
 */
final class KeptPages {
    private final int group;
    private final @Nullable Block[] blocks;

    /** Ends of prompts and sequences: they outlast a window that has moved on. */
    private final BitSet ends;

    private final Map<String, Resting> resting = new HashMap<>();
    private final Consumer<Block> emptied;
    private int restingPages;

    /** The pages of one tenant that nobody uses, the next to be given up first. */
    private static final class Resting {
        int sharePercent;
        final LinkedHashSet<Integer> pages = new LinkedHashSet<>();
    }

    /** @param emptied hears of blocks that have no page left in any group */
    KeptPages(int group, int pages, Consumer<Block> emptied) {
        this.group = group;
        this.emptied = emptied;
        blocks = new Block[pages];
        ends = new BitSet(pages);
    }

    @Nullable
    Block block(int page) {
        return blocks[page];
    }

    /** Tokens from the page's beginning on that must stay as they are. */
    int extent(int page) {
        Block block = blocks[page];
        return block == null ? 0 : block.tokens.length;
    }

    /** Pages that nobody uses. */
    int resting() {
        return restingPages;
    }

    /** The same of one tenant. */
    int resting(Tenant tenant) {
        Resting his = resting.get(tenant.name());
        return his == null ? 0 : his.pages.size();
    }

    /**
     * Keeps a page that is in use. It may be known for fewer of the same tokens; if it is for as many or more, nothing
     * changes.
     */
    void keep(int page, Block block) {
        Block known = blocks[page];
        if (known != null && known.tokens.length >= block.tokens.length) {
            return;
        }
        boolean end = ends.get(page); // It is one still when the page has become fuller.
        drop(page);
        blocks[page] = block;
        block.pages[group] = page;
        ends.set(page, end);
    }

    /** The end of a prompt or a sequence lies in this page, or sees it. */
    void keepLong(int page) {
        if (blocks[page] != null) {
            ends.set(page);
        }
    }

    /**
     * Nobody uses a kept page any more.
     *
     * @param passed whether a window has moved past it, so that it will hardly be asked for unless it belongs to an end
     */
    void rest(int page, boolean passed) {
        Tenant tenant = owner(page).tenant;
        Resting his = resting.computeIfAbsent(tenant.name(), name -> new Resting());
        his.sharePercent = tenant.sharePercent();
        if (passed && !ends.get(page)) {
            his.pages.addFirst(page);
        } else {
            his.pages.addLast(page);
        }
        restingPages++;
    }

    /** A page at rest is used again. */
    void wake(int page) {
        Block block = blocks[page];
        Resting his = block == null ? null : resting.get(block.tenant.name());
        if (block == null || his == null || !his.pages.remove(page)) {
            throw new IllegalStateException("page " + page + " is shared but nobody's");
        }
        if (his.pages.isEmpty()) {
            resting.remove(block.tenant.name());
        }
        restingPages--;
    }

    /**
     * Forgets what a page at rest holds.
     *
     * @return the page, the caller's now, or {@link PageTable#NO_PAGE} when none is at rest
     */
    int giveUp() {
        Resting most = null;
        for (Resting each : resting.values()) {
            if (most == null
                    || (long) each.pages.size() * most.sharePercent > (long) most.pages.size() * each.sharePercent) {
                most = each;
            }
        }
        if (most == null) {
            return PageTable.NO_PAGE;
        }
        int page = most.pages.getFirst();
        wake(page);
        drop(page);
        return page;
    }

    /** Forgets what a page holds that is in use, or whose last user gives it back now. */
    void drop(int page) {
        Block block = blocks[page];
        if (block != null) {
            blocks[page] = null;
            ends.clear(page);
            block.pages[group] = PageTable.NO_PAGE;
            if (block.isEmpty()) {
                emptied.accept(block);
            }
        }
    }

    /**
     * Recounts.
     *
     * @param references of sequences to each page
     */
    void checkBooks(int[] references) {
        int counted = 0;
        for (Resting each : resting.values()) {
            for (int page : each.pages) {
                if (blocks[page] == null || references[page] > 0) {
                    throw new IllegalStateException(
                            "group " + group + ": page " + page + " is at rest, but in use or not kept");
                }
                counted++;
            }
        }
        int unused = 0;
        for (int page = 0; page < blocks.length; page++) {
            Block block = blocks[page];
            if (block != null) {
                unused += references[page] == 0 ? 1 : 0;
                if (block.pages[group] != page) {
                    throw new IllegalStateException(
                            "group " + group + ": page " + page + " is kept for a block that has another");
                }
            }
        }
        if (counted != restingPages || unused != restingPages) {
            throw new IllegalStateException("group " + group + ": " + unused + " kept pages are unused, " + counted
                    + " are at rest, the books say " + restingPages);
        }
    }

    /** @param linked every block that can be found */
    void checkBlocks(Set<Block> linked) {
        for (int page = 0; page < blocks.length; page++) {
            if (blocks[page] != null && !linked.contains(blocks[page])) {
                throw new IllegalStateException(
                        "group " + group + ": page " + page + " is kept for a block that nobody finds");
            }
        }
    }

    private Block owner(int page) {
        Block block = blocks[page];
        if (block == null) {
            throw new IllegalStateException("page " + page + " rests but nothing in it is kept");
        }
        return block;
    }
}
