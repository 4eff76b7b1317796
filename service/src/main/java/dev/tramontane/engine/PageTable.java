package dev.tramontane.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The slot and pages of one sequence. Engine thread only; {@link KvCache} alone changes it. */
final class PageTable {
    static final int NO_PAGE = -1;

    final Reservation reservation;
    final int slot;

    /** [group][entry] page numbers, {@link #NO_PAGE} where none is held yet. */
    final int[][] pages;

    /** The tokens computed in them, by which others find them; null where nothing is kept. */
    final @Nullable TokenChain chain;

    /** Whether the model knows the entries. A fork inherits entries that were reported for another slot. */
    boolean reported = true;

    PageTable(Reservation reservation, int slot, int[] entries, @Nullable TokenChain chain) {
        this.reservation = reservation;
        this.slot = slot;
        this.chain = chain;
        pages = new int[entries.length][];
        for (int group = 0; group < entries.length; group++) {
            pages[group] = new int[entries[group]];
            Arrays.fill(pages[group], NO_PAGE);
        }
    }

    /** Pages held, shared ones included. */
    int held() {
        int held = 0;
        for (int[] group : pages) {
            for (int page : group) {
                if (page != NO_PAGE) {
                    held++;
                }
            }
        }
        return held;
    }
}
