package dev.tramontane.engine;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Recounts a cache's books: each page is referenced as often as tables name it, each reservation covers what its tables hold,
 * the reservations fit the pools, and what is kept can be found. Linear in pages and table entries. Engine thread only.
 */
final class CacheAudit {
    private final RollingWindow[] windows;
    private final PagePool[] pools;
    private final @Nullable PageTable[] bySlot;
    private final Set<Reservation> reservations;
    private final Holdings holdings;

    CacheAudit(
            RollingWindow[] windows,
            PagePool[] pools,
            @Nullable PageTable[] bySlot,
            Set<Reservation> reservations,
            Holdings holdings) {
        this.windows = windows;
        this.pools = pools;
        this.bySlot = bySlot;
        this.reservations = reservations;
        this.holdings = holdings;
    }

    /** @throws IllegalStateException naming what does not add up */
    void check(int freeSlots) {
        int tables = 0;
        for (int slot = 0; slot < bySlot.length; slot++) {
            PageTable table = bySlot[slot];
            if (table != null) {
                tables++;
                if (table.slot != slot || !reservations.contains(table.reservation)) {
                    throw new IllegalStateException("slot " + slot + " is held without a reservation");
                }
            }
        }
        if (tables + freeSlots != bySlot.length || tables > holdings.slots() || holdings.slots() > bySlot.length) {
            throw new IllegalStateException(tables + " tables, " + freeSlots + " free slots and " + holdings.slots()
                    + " reserved ones of " + bySlot.length);
        }
        for (int group = 0; group < pools.length; group++) {
            checkGroup(group);
        }
    }

    private void checkGroup(int group) {
        int[] owners = new int[pools[group].size()];
        long reserved = 0;
        for (Reservation reservation : reservations) {
            boolean[] seen = new boolean[owners.length];
            long distinct = 0;
            for (PageTable table : bySlot) {
                if (table == null || table.reservation != reservation) {
                    continue;
                }
                for (int page : table.pages[group]) {
                    if (page != PageTable.NO_PAGE) {
                        owners[page]++;
                        if (!seen[page]) {
                            seen[page] = true;
                            distinct++;
                        }
                    }
                }
            }
            long allowed = windows[group].pages(reservation.prompt, reservation.length, reservation.choices);
            if (distinct > allowed) {
                throw new IllegalStateException(
                        "group " + group + ": a request holds " + distinct + " pages but reserved " + allowed);
            }
            reserved += allowed;
        }
        if (reserved != holdings.pages(group) || reserved > pools[group].size()) {
            throw new IllegalStateException("group " + group + ": " + reserved + " pages are reserved, the books say "
                    + holdings.pages(group) + " of " + pools[group].size());
        }
        pools[group].checkBooks(owners);
    }
}
