package dev.tramontane.engine;

/** Reference-counted pages of one layer group. Engine thread only. */
final class PagePool {
    private final int[] references;
    private final int[] free;
    private int freeCount;

    PagePool(int pages) {
        references = new int[pages];
        free = new int[pages];
        // Low numbers are taken first, so that a lightly used cache stays within few memory pages.
        for (int page = pages - 1; page >= 0; page--) {
            free[freeCount++] = page;
        }
    }

    /** A page of the caller's own. Reservations make sure that there is one. */
    int take() {
        if (freeCount == 0) {
            throw new IllegalStateException("no page left of " + references.length + ": the reservations are wrong");
        }
        int page = free[--freeCount];
        references[page] = 1;
        return page;
    }

    /** Adds an owner. */
    void retain(int page) {
        if (references[page] == 0) {
            throw new IllegalStateException("page " + page + " is shared but nobody's");
        }
        references[page]++;
    }

    /** Takes an owner away; the last one frees the page. */
    void release(int page) {
        if (references[page] == 0) {
            throw new IllegalStateException("page " + page + " is released but nobody's");
        }
        if (--references[page] == 0) {
            free[freeCount++] = page;
        }
    }

    boolean shared(int page) {
        return references[page] > 1;
    }

    int size() {
        return references.length;
    }

    int used() {
        return references.length - freeCount;
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
        if (unowned != freeCount) {
            throw new IllegalStateException(unowned + " pages have no owner but " + freeCount + " are free");
        }
        for (int i = 0; i < freeCount; i++) {
            if (references[free[i]] != 0) {
                throw new IllegalStateException("page " + free[i] + " is free but has references");
            }
        }
    }
}
