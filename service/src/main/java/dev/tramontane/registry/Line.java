package dev.tramontane.registry;

import dev.tramontane.engine.Tenant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who waits for which model: so many at most, of each tenant its share. Guarded by the registry's lock. */
final class Line {
    private final int most;
    private final RegistryObserver observer;

    /** Those that somebody waits for, in the order of the first of these. */
    private final Set<Slot> wanted = new LinkedHashSet<>();

    private int waiting;

    /** The same by tenant; who has none is left out. */
    private final Map<String, Integer> waitingOf = new HashMap<>();

    Line(int most, RegistryObserver observer) {
        this.most = most;
        this.observer = observer;
    }

    boolean wants(Slot slot) {
        return wanted.contains(slot);
    }

    /** In the order in which somebody first waited for them. */
    Set<Slot> wanted() {
        return Collections.unmodifiableSet(wanted);
    }

    /** Why one more of a tenant's may not wait; null where it may. */
    @Nullable
    String full(Tenant tenant) {
        int own = waitingOf.getOrDefault(tenant.name(), 0);
        int share = Math.max(1, most * tenant.sharePercent() / 100);
        if (waiting >= most) {
            return waiting + " requests wait for models already.";
        }
        return own >= share
                ? "the share of '" + tenant.name() + "' is used up: " + own + " of its requests wait already."
                : null;
    }

    void add(Waiter waiter) {
        waiter.slot.waiters.add(waiter);
        wanted.add(waiter.slot);
        count(waiter, 1);
    }

    /** Whether it waited still. */
    boolean remove(Waiter waiter) {
        Slot slot = waiter.slot;
        if (!slot.waiters.remove(waiter)) {
            return false;
        }
        count(waiter, -1);
        if (slot.waiters.isEmpty()) {
            wanted.remove(slot);
        }
        return true;
    }

    /** Whoever waits for a model, who waits no longer. */
    List<Waiter> taken(Slot slot) {
        List<Waiter> all = List.copyOf(slot.waiters);
        slot.waiters.clear();
        wanted.remove(slot);
        all.forEach(waiter -> count(waiter, -1));
        return all;
    }

    private void count(Waiter waiter, int more) {
        waiting += more;
        String tenant = waiter.wait.tenant().name();
        int own = waitingOf.getOrDefault(tenant, 0) + more;
        if (own == 0) {
            waitingOf.remove(tenant);
        } else {
            waitingOf.put(tenant, own);
        }
        observer.waiting(waiting);
    }
}
