package dev.tramontane.engine;

import java.util.HashMap;
import java.util.Map;

/** What each tenant has reserved of slots and pages, and whether his share allows more. Engine thread only. */
final class Holdings {
    private static final long[] NOTHING = {};

    private final RollingWindow[] windows;
    private final long[] totals;

    /** Of each tenant that holds anything: slots, then pages of each group. */
    private final Map<String, long[]> held = new HashMap<>();

    /**
     * @param slots of the cache
     * @param pools pages of each group of layers
     */
    Holdings(RollingWindow[] windows, int slots, PagePool[] pools) {
        this.windows = windows;
        totals = new long[pools.length + 1];
        totals[0] = slots;
        for (int group = 0; group < pools.length; group++) {
            totals[group + 1] = pools[group].size();
        }
    }

    /** Whether a tenant may have this as well. What he has none of he may always have once: it could not come otherwise. */
    boolean allows(Tenant tenant, int prompt, int length, int choices) {
        if (tenant.sharePercent() == 100) {
            return true;
        }
        long[] now = held.getOrDefault(tenant.name(), NOTHING);
        if (now.length == 0) {
            return true;
        }
        long[] more = needs(prompt, length, choices);
        for (int i = 0; i < totals.length; i++) {
            if ((now[i] + more[i]) * 100 > totals[i] * tenant.sharePercent()) {
                return false;
            }
        }
        return true;
    }

    /** Pages that a tenant has reserved, of all groups. */
    long pages(Tenant tenant) {
        long[] now = held.getOrDefault(tenant.name(), NOTHING);
        long pages = 0;
        for (int i = 1; i < now.length; i++) {
            pages += now[i];
        }
        return pages;
    }

    /** @param sign 1 for more, -1 for less */
    void account(Reservation reservation, int sign) {
        String name = reservation.tenant.name();
        long[] now = held.computeIfAbsent(name, fresh -> new long[totals.length]);
        long[] change = needs(reservation.prompt, reservation.length, reservation.choices);
        for (int i = 0; i < change.length; i++) {
            now[i] += sign * change[i];
        }
        if (now[0] == 0) {
            held.remove(name);
        }
    }

    private long[] needs(int prompt, int length, int choices) {
        long[] needs = new long[totals.length];
        needs[0] = choices;
        for (int group = 0; group < windows.length; group++) {
            needs[group + 1] = windows[group].pages(prompt, length, choices);
        }
        return needs;
    }
}
