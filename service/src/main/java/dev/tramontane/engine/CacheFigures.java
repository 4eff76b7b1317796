package dev.tramontane.engine;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** How full a cache is: what is held, kept and reserved of its pages. Engine thread only. */
final class CacheFigures {
    private final PagePool[] pools;
    private final PrefixIndex index;
    private final Holdings holdings;

    CacheFigures(PagePool[] pools, PrefixIndex index, Holdings holdings) {
        this.pools = pools;
        this.index = index;
        this.holdings = holdings;
    }

    /** Pages held, of all groups. */
    int pagesUsed() {
        int used = 0;
        for (PagePool pool : pools) {
            used += pool.used();
        }
        return used;
    }

    /** Pages that nobody uses, with something in them that may be found again. */
    int pagesKept() {
        int kept = 0;
        for (int group = 0; group < pools.length; group++) {
            kept += index.kept(group).resting();
        }
        return kept;
    }

    /** The same, of each group. */
    List<Integer> kept() {
        return IntStream.range(0, pools.length)
                .mapToObj(group -> index.kept(group).resting())
                .toList();
    }

    /** Pages held, of each group. */
    List<Integer> used() {
        return Arrays.stream(pools).map(PagePool::used).toList();
    }

    int pagesReserved() {
        long reserved = 0;
        for (int group = 0; group < pools.length; group++) {
            reserved += holdings.pages(group);
        }
        return Math.toIntExact(reserved);
    }

    int pagesTotal() {
        int total = 0;
        for (PagePool pool : pools) {
            total += pool.size();
        }
        return total;
    }

    /** Of the fullest pool, 0 to 1. */
    double usedRatio() {
        double most = 0;
        for (PagePool pool : pools) {
            most = Math.max(most, (double) pool.used() / pool.size());
        }
        return most;
    }

    /** Of the pool of which the most is reserved, 0 to 1: it decides who is let in. */
    double reservedRatio() {
        double most = 0;
        for (int group = 0; group < pools.length; group++) {
            most = Math.max(most, (double) holdings.pages(group) / pools[group].size());
        }
        return most;
    }
}
