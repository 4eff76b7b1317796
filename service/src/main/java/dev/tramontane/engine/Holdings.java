package dev.tramontane.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * What is reserved of slots and pages, by all and by each tenant, and whether there is room for more. One thread's; a {@link
 * #copy} is anybody's to ask.
 */
final class Holdings {
    private static final long[] NOTHING = {};

    private final RollingWindow[] windows;
    private final long[] totals;

    /** By all: slots, then pages of each group. */
    private final long[] reserved;

    /** The same of each tenant that holds anything. */
    private final Map<String, long[]> held = new HashMap<>();

    private long changes;

    /**
     * @param slots of the cache
     * @param pools pages of each group of layers
     */
    Holdings(RollingWindow[] windows, int slots, PagePool[] pools) {
        this(windows, new long[pools.length + 1]);
        totals[0] = slots;
        for (int group = 0; group < pools.length; group++) {
            totals[group + 1] = pools[group].size();
        }
    }

    private Holdings(RollingWindow[] windows, long[] totals) {
        this.windows = windows;
        this.totals = totals;
        reserved = new long[totals.length];
    }

    /** As of now, with books of its own. */
    Holdings copy() {
        Holdings copy = new Holdings(windows, totals);
        System.arraycopy(reserved, 0, copy.reserved, 0, reserved.length);
        held.forEach((tenant, theirs) -> copy.held.put(tenant, theirs.clone()));
        return copy;
    }

    /** Whether a tenant's share allows him this as well. What he has none of he may always have once: it could not come otherwise. */
    boolean allows(Applicant applicant) {
        Tenant tenant = applicant.tenant();
        if (tenant.sharePercent() == 100) {
            return true;
        }
        long[] now = held.getOrDefault(tenant.name(), NOTHING);
        if (now.length == 0) {
            return true;
        }
        long[] more = needs(applicant.promptTokens(), applicant.length(), applicant.places());
        for (int i = 0; i < totals.length; i++) {
            if ((now[i] + more[i]) * 100 > totals[i] * tenant.sharePercent()) {
                return false;
            }
        }
        return true;
    }

    /** As {@link #fits(int, int, int)}. */
    boolean fits(Applicant applicant) {
        return fits(applicant.promptTokens(), applicant.length(), applicant.places());
    }

    /** Whether there is room beside all that is reserved. */
    boolean fits(int prompt, int length, int choices) {
        if (reserved[0] + choices > totals[0]) {
            return false;
        }
        for (int group = 0; group < windows.length; group++) {
            if (reserved[group + 1] + windows[group].pages(prompt, length, choices) > totals[group + 1]) {
                return false;
            }
        }
        return true;
    }

    /** Grows with every change. */
    long changes() {
        return changes;
    }

    /** Slots that are reserved. */
    int slots() {
        return (int) reserved[0];
    }

    /** Pages that are reserved in a group of layers. */
    long pages(int group) {
        return reserved[group + 1];
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
        account(reservation.tenant, needs(reservation.prompt, reservation.length, reservation.choices), sign);
    }

    /** Somebody is let in. */
    void account(Applicant applicant) {
        account(applicant.tenant(), needs(applicant.promptTokens(), applicant.length(), applicant.places()), 1);
    }

    /** Somebody who was let in gives all of it up. */
    void release(Applicant applicant) {
        account(applicant.tenant(), needs(applicant.promptTokens(), applicant.length(), applicant.places()), -1);
    }

    private void account(Tenant tenant, long[] change, int sign) {
        changes++;
        long[] now = held.computeIfAbsent(tenant.name(), fresh -> new long[totals.length]);
        for (int i = 0; i < change.length; i++) {
            now[i] += sign * change[i];
            reserved[i] += sign * change[i];
        }
        if (now[0] == 0) {
            held.remove(tenant.name());
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
