package dev.tramontane.engine;

/**
 * Reference-counted pages of one layer group. One that nobody refers to any more is free, or at rest in {@link KeptPages}
 * where its content is kept: as good as free for whoever takes a page, so that what is kept never stands in the way of
 * what was reserved. Engine thread only.
 */
final class PagePool {
    private final int[] references;
    private final int[] free;
    private final KeptPages kept;
    private int freeCount;

    PagePool(int pages, KeptPages kept) {
        this.kept = kept;
        references = new int[pages];
        free = new int[pages];
        // Low numbers are taken first, so that a lightly used cache stays within few memory pages.
        for (int page = pages - 1; page >= 0; page--) {
            free[freeCount++] = page;
        }
    }

    /** A page of the caller's own. Reservations make sure that there is one. */
    int take() {
        int page = freeCount > 0 ? free[--freeCount] : kept.giveUp();
        if (page == PageTable.NO_PAGE) {
            throw new IllegalStateException("no page left of " + references.length + ": the reservations are wrong");
        }
        references[page] = 1;
        return page;
    }

    /** Adds an owner. */
    void retain(int page) {
        if (references[page] == 0) {
            kept.wake(page);
        }
        references[page]++;
    }

    /**
     * Takes an owner away; the last one frees the page, or leaves it to rest.
     *
     * @param passed whether it goes because the owner's window has moved past it
     */
    void release(int page, boolean passed) {
        if (references[page] == 0) {
            throw new IllegalStateException("page " + page + " is released but nobody's");
        }
        if (--references[page] > 0) {
            return;
        }
        if (kept.block(page) == null) {
            free[freeCount++] = page;
        } else {
            kept.rest(page, passed);
        }
    }

    /** What is at rest is not kept any more. */
    void forget() {
        for (int page = kept.giveUp(); page != PageTable.NO_PAGE; page = kept.giveUp()) {
            free[freeCount++] = page;
        }
    }

    /** What a page holds is not to be found any more: if nobody has it, it is free. */
    void drop(int page) {
        if (references[page] > 0) {
            kept.drop(page);
            return;
        }
        kept.wake(page);
        kept.drop(page);
        free[freeCount++] = page;
    }

    /** Whether its owner may write a page from this offset on: nobody else has it, and nothing kept lies there. */
    boolean writable(int page, int offset) {
        return references[page] == 1 && offset >= kept.extent(page);
    }

    /** Pages that can be taken: free ones, and those at rest. */
    int spare() {
        return freeCount + kept.resting();
    }

    int size() {
        return references.length;
    }

    /** Pages that sequences have. */
    int used() {
        return references.length - freeCount - kept.resting();
    }

    /**
     * Compares the books with the owners that were counted.
     *
     * @param owners owners of each page, by page
     */
    void checkBooks(int[] owners) {
        int unowned = 0;
        for (int page = 0; page < references.length; page++) {
            if (references[page] != owners[page]) {
                throw new IllegalStateException(
                        "page " + page + " has " + owners[page] + " owners but " + references[page] + " references");
            }
            if (references[page] == 0) {
                unowned++;
            }
        }
        if (unowned != freeCount + kept.resting()) {
            throw new IllegalStateException(
                    unowned + " pages have no owner but " + freeCount + " are free and " + kept.resting() + " at rest");
        }
        for (int i = 0; i < freeCount; i++) {
            if (references[free[i]] != 0 || kept.block(free[i]) != null) {
                throw new IllegalStateException("page " + free[i] + " is free but has references or is kept");
            }
        }
        kept.checkBooks(references);
    }
}
