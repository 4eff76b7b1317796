package dev.tramontane.engine;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.StepBatch;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which page and slot. Engine thread only.
 *
 * <p>Nothing is taken that was not reserved, and reservations never exceed the pools, so an admitted sequence cannot run
 * out of pages, whatever the others do. Sequences that share a prompt share its pages; one that is about to write a
 * shared page gets its own: a copy if earlier positions in it are still seen, else a fresh one. What {@link PrefixIndex}
 * keeps counts as shared, but nothing is reserved for it: it gives way.
 */
final class KvCache {
    private final RollingWindow[] windows;
    private final PagePool[] pools;
    private final PrefixIndex index;
    private final @Nullable PageTable[] bySlot;
    private final int[] freeSlots;
    private int freeSlotCount;
    private final Set<Reservation> reservations = new LinkedHashSet<>();
    private final Holdings holdings;
    private final CacheFigures figures;

    KvCache(List<RollingWindow> windows, CacheShape shape) {
        this.windows = windows.toArray(RollingWindow[]::new);
        index = new PrefixIndex(
                windows,
                shape.groups().stream().mapToInt(CacheShape.Group::pages).toArray());
        pools = new PagePool[shape.groups().size()];
        for (int group = 0; group < pools.length; group++) {
            pools[group] = new PagePool(shape.groups().get(group).pages(), index.kept(group));
        }
        bySlot = new PageTable[shape.slots()];
        freeSlots = new int[shape.slots()];
        for (int slot = shape.slots() - 1; slot >= 0; slot--) {
            freeSlots[freeSlotCount++] = slot;
        }
        holdings = new Holdings(this.windows, bySlot.length, pools);
        figures = new CacheFigures(pools, index, holdings);
    }

    /** What is reserved, by whom. */
    Holdings holdings() {
        return holdings;
    }

    /** Reserves slots and pages for choices of one prompt, or nothing at all if they are not to be had now. */
    @Nullable
    Reservation reserve(Tenant tenant, int prompt, int length, int choices) {
        if (!holdings.fits(prompt, length, choices)) {
            return null;
        }
        Reservation reservation = new Reservation(tenant, prompt, length, choices);
        reservations.add(reservation);
        holdings.account(reservation, 1);
        return reservation;
    }

    /** Gives up one choice of a reservation; its table, if it had one, must be closed. */
    void leave(Reservation reservation) {
        holdings.account(reservation, -1);
        reservation.choices--;
        if (reservation.choices == 0) {
            reservations.remove(reservation);
        } else {
            holdings.account(reservation, 1);
        }
    }

    /** What may be found again. */
    PrefixIndex index() {
        return index;
    }

    /**
     * An empty table in a slot of its own.
     *
     * @param chain the tokens that will be computed in it; null to keep nothing of it
     */
    PageTable open(Reservation reservation, @Nullable TokenChain chain) {
        int[] entries = new int[windows.length];
        for (int group = 0; group < entries.length; group++) {
            entries[group] = windows[group].pages(reservation.length);
        }
        PageTable table = new PageTable(reservation, freeSlots[--freeSlotCount], entries, chain);
        bySlot[table.slot] = table;
        return table;
    }

    /** A table in a slot of its own that shares all pages of another. */
    PageTable fork(PageTable parent) {
        PageTable child = open(parent.reservation, parent.chain == null ? null : parent.chain.fork());
        child.reported = false;
        for (int group = 0; group < pools.length; group++) {
            for (int entry = 0; entry < parent.pages[group].length; entry++) {
                int page = parent.pages[group][entry];
                if (page != PageTable.NO_PAGE) {
                    pools[group].retain(page);
                    child.pages[group][entry] = page;
                }
            }
        }
        return child;
    }

    /** Frees the slot, and every page that nobody else shares. */
    void close(PageTable table) {
        if (bySlot[table.slot] != table) {
            throw new IllegalStateException("slot " + table.slot + " is closed but not this table's");
        }
        releasePages(table);
        bySlot[table.slot] = null;
        freeSlots[freeSlotCount++] = table.slot;
    }

    /** The last first: beginnings are what others may share, so they are to be given up last. */
    private void releasePages(PageTable table) {
        for (int group = 0; group < pools.length; group++) {
            int[] pages = table.pages[group];
            int last = lastEntry(table, group);
            for (int i = 0; i < pages.length; i++) {
                int entry = Math.floorMod(last - i, pages.length);
                if (pages[entry] != PageTable.NO_PAGE) {
                    pools[group].release(pages[entry], false);
                    pages[entry] = PageTable.NO_PAGE;
                }
            }
        }
    }

    private int lastEntry(PageTable table, int group) {
        int entries = table.pages[group].length;
        int blocks = table.chain == null ? entries : table.chain.named();
        boolean turns = windows[group].window() > 0 && entries == windows[group].ring();
        return turns ? blocks % entries : Math.min(blocks, entries - 1);
    }

    /** Gives a table what was found in place of what it has. The model hears of it with the next rows. */
    void adopt(PageTable table, PrefixHit hit) {
        for (int group = 0; group < pools.length; group++) { // Before anything is given back: it may be the same.
            for (int page : hit.pages()[group]) {
                pools[group].retain(page);
            }
        }
        releasePages(table);
        for (int group = 0; group < pools.length; group++) {
            int[] found = hit.pages()[group];
            for (int i = 0; i < found.length; i++) {
                long block = (long) hit.firstBlocks()[group] + i;
                table.pages[group][windows[group].entryOfPage(block)] = found[i];
            }
        }
        table.reported = false;
    }

    /**
     * Makes every page that rows {@code position .. position+rows-1} write the table's own, telling the model how. Rows
     * may begin before earlier ones ended, at a position that the step before began at or later: guesses that proved
     * wrong are written over, and what the right ones see was never touched.
     */
    void makeRoom(PageTable table, long position, int rows, StepBatch batch) {
        for (int group = 0; group < pools.length; group++) {
            RollingWindow window = windows[group];
            long last = window.page(position + rows - 1);
            for (long page = window.page(position); page <= last; page++) {
                long first = Math.max(position, window.start(page));
                makeWritable(table, group, first, batch);
            }
        }
        if (!table.reported) { // Last, so that an entry is told once: a step has no more edits than entries.
            report(table, batch);
        }
    }

    private void makeWritable(PageTable table, int group, long position, StepBatch batch) {
        PagePool pool = pools[group];
        RollingWindow window = windows[group];
        int entry = window.entry(position);
        int held = table.pages[group][entry];
        if (held == PageTable.NO_PAGE) {
            replace(table, group, entry, pool.take(), batch);
        } else if (!pool.writable(held, window.offset(position))) {
            boolean continues = window.continuesPage(position);
            // Given back before another is taken: with all that was reserved in use, it may be the only one.
            pool.release(held, !continues);
            int fresh = pool.take();
            if (fresh != held) {
                replace(table, group, entry, fresh, batch);
                if (continues) {
                    batch.addCopy(group, held, fresh);
                }
            }
        }
    }

    private static void replace(PageTable table, int group, int entry, int page, StepBatch batch) {
        table.pages[group][entry] = page;
        if (table.reported) {
            batch.addEdit(table.slot, group, entry, page);
        }
    }

    private static void report(PageTable table, StepBatch batch) {
        for (int group = 0; group < table.pages.length; group++) {
            for (int entry = 0; entry < table.pages[group].length; entry++) {
                if (table.pages[group][entry] != PageTable.NO_PAGE) {
                    batch.addEdit(table.slot, group, entry, table.pages[group][entry]);
                }
            }
        }
        table.reported = true;
    }

    /** Pages of a group that nobody uses. */
    int spare(int group) {
        return pools[group].spare();
    }

    /** Takes one of these, to give it back before anything else is done: it may be reserved. */
    int take(int group) {
        return pools[group].take();
    }

    /** A page in which something is kept was used just now. */
    void used(int group, int page) {
        pools[group].retain(page);
        pools[group].release(page, false);
    }

    /** Gives it back: it rests if something in it is kept. */
    void giveBack(int group, int page) {
        pools[group].release(page, false);
    }

    /** What is in a page is not to be found any more. */
    void drop(int group, int page) {
        pools[group].drop(page);
    }

    /** The model has lost what was in the pages: nothing can be found any more. Nobody has a table. */
    void forget() {
        for (PagePool pool : pools) {
            pool.forget();
        }
    }

    /** How full it is. */
    CacheFigures figures() {
        return figures;
    }

    /** Whether nothing is reserved, so nothing held. */
    boolean idle() {
        return reservations.isEmpty();
    }

    /**
     * Recounts everything, see {@link CacheAudit}.
     *
     * @throws IllegalStateException naming what does not add up
     */
    void checkBooks() {
        new CacheAudit(windows, pools, bySlot, reservations, holdings).check(freeSlotCount);
        index.checkBooks();
    }
}
