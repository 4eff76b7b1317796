package dev.tramontane.engine;

/**
 * The ring arithmetic of one layer group, all of it on this side. The kernels receive page numbers and positions; what
 * both sides have to know, the entry of a position, is {@code ring_entry} in their {@code positions.h}.
 *
 * <p>A sequence's page table is a ring: position p lies in entry {@code (p / pageTokens) % ring} at offset
 * {@code p % pageTokens}. A step writes its rows before attention reads, so while rows {@code p .. p+n-1} are computed,
 * positions {@code p-W+1 .. p+n-1} must be there together: W + n - 1 tokens. They start anywhere in a page, which costs
 * one page more. With W = 4, chunks of C = 2, pages of 2: ring = ceil(5 / 2) + 1 = 4 entries.
 *
 * <pre>
 *   position   0 1 | 2 3 | 4 5 | 6 7 | 8 9 | ...
 *   entry       0     1     2     3     0       computing 8, 9: query 8 sees 5..8, so page 0 1 is free to go
 * </pre>
 *
 * @param window tokens that a query sees, itself included; 0 for no window
 * @param pageTokens positions of a page
 * @param ring entries of a page table
 */
record RollingWindow(int window, int pageTokens, int ring) {

    RollingWindow {
        if (window < 0 || pageTokens < 1 || ring < 1) {
            throw new IllegalArgumentException("window " + window + ", pages of " + pageTokens + ", ring " + ring);
        }
    }

    /** The ring for chunks of at most {@code chunk} tokens and sequences of at most {@code context}. */
    static RollingWindow of(int window, int pageTokens, int chunk, int context) {
        long whole = ceilDiv(context, pageTokens);
        long rolling = window == 0 ? whole : ceilDiv((long) window + chunk - 1, pageTokens) + 1;
        return new RollingWindow(window, pageTokens, Math.toIntExact(Math.min(whole, rolling)));
    }

    /** The page table entry of a position. */
    int entry(long position) {
        return entryOfPage(page(position));
    }

    /** The page table entry of a logical page. */
    int entryOfPage(long page) {
        return (int) (page % ring);
    }

    /** The logical page of a position: page k holds positions {@code k * pageTokens} and up. */
    long page(long position) {
        return position / pageTokens;
    }

    /** Where in its page a position lies. */
    int offset(long position) {
        return (int) (position % pageTokens);
    }

    /** The first position of a logical page. */
    long start(long page) {
        return page * pageTokens;
    }

    /** The oldest position that a query sees. */
    long oldestVisible(long query) {
        return window == 0 ? 0 : Math.max(0, query - window + 1);
    }

    /** Whether a query sees anything before itself at all. */
    boolean remembers() {
        return window != 1;
    }

    /** The first logical page that a query after so many tokens sees: the one in which it lies where it sees no other. */
    long firstPageSeen(long tokens) {
        return page(oldestVisible(tokens));
    }

    /**
     * Whether the page that {@code position} lies in already holds earlier positions that a query at {@code position} or
     * later sees. If not, a fresh page does as well as a copy of the old one.
     */
    boolean continuesPage(long position) {
        return offset(position) != 0 && oldestVisible(position) < position;
    }

    /** Pages that a sequence holds at most until it has {@code length} tokens: promise 1 of the house. */
    int pages(long length) {
        return (int) Math.min(ceilDiv(length, pageTokens), ring);
    }

    /**
     * Pages that {@code choices} sequences hold together at most, when they share all but the last token of their prompt
     * and each grows to {@code length}. Entries that are written after the fork may come to hold a page per choice; the
     * others stay shared.
     */
    long pages(long prompt, long length, int choices) {
        long entries = pages(length);
        long written = Math.min(entries, ceilDiv(length, pageTokens) - page(prompt - 1));
        return entries - written + written * choices;
    }

    private static long ceilDiv(long dividend, long divisor) {
        return (dividend + divisor - 1) / divisor;
    }
}
