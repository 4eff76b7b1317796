package dev.tramontane.registry;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.registry.RegistryObserver.Reason;
import dev.tramontane.registry.Slot.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.MonoSink;

/**
 * The thread that loads and unloads: nobody else does. It holds the registry's lock while it decides, and never while it loads,
 * unloads, or tells anybody.
 */
final class Loader {
    private static final Logger LOG = LoggerFactory.getLogger(Loader.class);

    /** After which others may have given memory back. */
    private static final int NO_ROOM_SECONDS = 30;

    private final ModelRegistry registry;
    private final Budget budget;
    private final RegistryObserver observer;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("model-loader").unstarted(this::run);

    /** For which room is being made; null for none. */
    private @Nullable Slot next;

    /** Those that leave for it. */
    private final List<Slot> victims = new ArrayList<>();

    Loader(ModelRegistry registry, Budget budget, RegistryObserver observer) {
        this.registry = registry;
        this.budget = budget;
        this.observer = observer;
    }

    void start() {
        thread.start();
    }

    /** Waits until it is over, which it is soon once the registry is closed. */
    void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true; // What it has loaded has to be given back all the same.
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            for (Runnable task = task(); task != null; task = task()) {
                guarded(task);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever waits would wait for nothing were this thread to end. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable fault) {
            LOG.error("A model could not be loaded or unloaded as it should", fault);
        }
    }

    /** What is to be done without the lock; null at the end. */
    private @Nullable Runnable task() throws InterruptedException {
        synchronized (registry) {
            while (!registry.isClosed()) {
                Runnable task = due();
                if (task != null) {
                    return task;
                }
                long left = Long.MAX_VALUE;
                for (Slot slot : registry.all()) {
                    left = Math.min(left, slot.leftNanos(registry.now()));
                }
                if (left == Long.MAX_VALUE) {
                    registry.wait();
                } else {
                    TimeUnit.NANOSECONDS.timedWait(registry, Math.max(1, left));
                }
            }
            return null;
        }
    }

    private @Nullable Runnable due() {
        if (next != null && !registry.line.wants(next)) { // Nobody waits for it any more.
            settle();
        }
        for (Slot slot : registry.line.wanted()) {
            if (slot.isOpen()) {
                List<Waiter> waiters = registry.line.taken(slot);
                return () -> waiters.forEach(Waiter::go);
            }
        }
        MonoSink<Void> gone = registry.gone();
        if (gone != null) {
            return gone::success;
        }
        for (Slot slot : registry.all()) {
            if (slot.leftNanos(registry.now()) <= 0) {
                return leaves(slot, reason(slot));
            }
        }
        if (registry.line.wanted().isEmpty()) {
            return null;
        }
        if (next == null) {
            Slot first = registry.line.wanted().iterator().next();
            List<Slot> loaded = longestUnusedFirst();
            return () -> choose(first, loaded);
        }
        for (Slot victim : victims) {
            if (victim.isIdle()) {
                return leaves(victim, Reason.ROOM);
            }
        }
        if (!victims.isEmpty()) {
            return null; // Something runs on them still.
        }
        Slot loading = next;
        loading.state = State.LOADING;
        loading.percent = 0;
        return () -> load(loading);
    }

    private static Reason reason(Slot slot) {
        return !slot.listed ? Reason.REMOVED : slot.keepNanos == 0 ? Reason.ASKED : Reason.IDLE;
    }

    /** Those that something runs on have been used just now. */
    private List<Slot> longestUnusedFirst() {
        List<Slot> loaded = new ArrayList<>();
        for (Slot slot : registry.all()) {
            if (slot.state == State.LOADED) {
                loaded.add(slot);
            }
        }
        long now = registry.now();
        loaded.sort(
                Comparator.comparing((Slot slot) -> slot.leases > 0).thenComparingLong(slot -> slot.usedNanos - now));
        return loaded;
    }

    /** Who gives way stays the same until it is over, or the longest unused would be another one with every lease that ends. */
    private void choose(Slot first, List<Slot> loaded) {
        List<Integer> leave;
        try {
            first.model.loader().check();
        } catch (Throwable gone) { // Nobody gives way to what cannot come.
            giveUp(first, "cannot be loaded", failed(first.model.name(), gone), gone);
            return;
        }
        try {
            leave = Victims.of(
                    budget,
                    first.model.footprint(),
                    loaded.stream().map(slot -> slot.model.footprint()).toList());
        } catch (Throwable fault) { // It would be asked again at once, and for ever.
            giveUp(
                    first,
                    "cannot be loaded: what memory there is could not be found out",
                    failed(first.model.name(), fault),
                    fault);
            return;
        }
        if (leave == null) { // Though it would have it alone on the machine as it was at start.
            giveUp(
                    first,
                    "does not fit into the memory that there is now, even alone",
                    new GenerationException(
                            Kind.UNAVAILABLE,
                            "The model '" + first.model.name() + "' does not fit into the memory that is free now.",
                            "",
                            NO_ROOM_SECONDS),
                    null);
            return;
        }
        synchronized (registry) {
            next = first;
            for (int index : leave) {
                Slot victim = loaded.get(index);
                victim.leaving = true;
                victims.add(victim);
            }
        }
    }

    /**
     * Who waits for a model is told that it does not come.
     *
     * @param said of it in the log
     * @param fault null where nothing is wrong
     */
    private void giveUp(Slot first, String said, GenerationException why, @Nullable Throwable fault) {
        String name = first.model.name();
        List<Waiter> waiters;
        synchronized (registry) {
            waiters = registry.line.taken(first);
        }
        LOG.atLevel(fault == null ? Level.WARN : Level.ERROR).setCause(fault).log("The model {} {}", name, said);
        observer.failed(name);
        fail(waiters, why);
    }

    private static GenerationException failed(String name, Throwable fault) {
        return new GenerationException(
                Kind.FAILED, "The model '" + name + "' could not be loaded; the server's log says why.", "", 0, fault);
    }

    private Runnable leaves(Slot slot, Reason reason) {
        slot.state = State.UNLOADING;
        return () -> unload(slot, reason);
    }

    private void unload(Slot slot, Reason reason) {
        Resident resident = slot.resident;
        if (resident != null) {
            free(slot, resident);
        }
        LOG.info(
                "unloaded {}: {}",
                slot.model.name(),
                switch (reason) {
                    case IDLE -> "nobody has asked for it for its time";
                    case ROOM -> "another one needs its room";
                    case ASKED -> "it was not to stay";
                    case REMOVED -> "it was taken away";
                });
        observer.unloaded(slot.model.name(), reason);
        synchronized (registry) {
            slot.resident = null;
            slot.state = State.ABSENT;
            slot.percent = 0;
            slot.leaving = false;
            victims.remove(slot);
        }
    }

    /** Gives back what a model has taken. Whatever goes wrong is one for the log: the others go on. */
    static void free(Slot slot, Resident resident) {
        try {
            try {
                resident.end();
            } finally {
                resident.free();
            }
        } catch (Throwable fault) {
            LOG.error("The model {} could not be unloaded as it should", slot.model.name(), fault);
        }
    }

    private void load(Slot slot) {
        String name = slot.model.name();
        LOG.info("loading {}", name);
        long begun = registry.now();
        List<Waiter> waiters;
        Resident resident;
        try {
            resident = slot.model.loader().load((done, total) -> progress(slot, done, total));
        } catch (Throwable fault) { // Whoever waits is told; the next one tries again.
            synchronized (registry) {
                slot.state = State.ABSENT;
                slot.percent = 0;
                waiters = registry.line.taken(slot);
                settle();
            }
            LOG.error("The model {} could not be loaded", name, fault);
            observer.failed(name);
            fail(waiters, failed(name, fault));
            return;
        }
        long nanos = registry.now() - begun;
        synchronized (registry) {
            registry.loaded(slot, resident, nanos);
            waiters = registry.line.taken(slot);
            settle();
        }
        try {
            LOG.info("loaded {} in {} ms", name, nanos / 1_000_000);
            observer.loaded(name, nanos);
        } finally { // It is there, whether or not anybody hears of it.
            waiters.forEach(Waiter::go);
        }
    }

    private void progress(Slot slot, long done, long total) {
        int percent = total <= 0 ? 0 : (int) Math.clamp(100.0 * done / total, 0, 100);
        List<Waiter> waiters;
        synchronized (registry) {
            if (percent == slot.percent) {
                return;
            }
            slot.percent = percent;
            waiters = List.copyOf(slot.waiters);
        }
        waiters.forEach(waiter -> waiter.waits(percent));
    }

    private static void fail(List<Waiter> waiters, GenerationException why) {
        waiters.forEach(waiter -> waiter.fail(why));
    }

    /** No room is being made any more: those that were to leave stay. */
    private void settle() {
        next = null;
        victims.forEach(victim -> victim.leaving = false);
        victims.clear();
    }
}
