package dev.tramontane.registry;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.Slot.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Which of the listed models are loaded. A request whose model is not waits, bounded in number and time, in the order in which models
 * were first asked for. One model at a time is loaded; where room is short those give way that have not been used for longest: nothing
 * new begins on them, and what runs ends first. What is loaded and what is being loaded fits the budget at all times.
 */
public final class ModelRegistry implements AutoCloseable {
    private final RegistryLimits limits;
    private final LongSupplier clock;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Entrances entrances;
    private final Loader loader;

    /** Who waits. */
    final Line line;

    private boolean closed;

    /**
     * With nothing loaded.
     *
     * @param models none that the budget has no room for even alone; the first is the default
     * @param nanoClock monotonic nanoseconds, as of deadlines
     */
    public ModelRegistry(
            List<ListedModel> models,
            Budget budget,
            RegistryLimits limits,
            RegistryObserver observer,
            LongSupplier nanoClock) {
        this.limits = limits;
        line = new Line(limits.waiting(), observer);
        clock = nanoClock;
        for (ListedModel model : models) {
            if (slots.put(model.name(), new Slot(model)) != null) {
                throw new IllegalArgumentException("two models are called " + model.name());
            }
        }
        entrances = new Entrances(this, limits, observer);
        loader = new Loader(this, budget, observer);
    }

    /** Begins to load what is asked for. Once. */
    public void start() {
        loader.start();
    }

    /** The names, in the order in which they were listed. */
    public List<String> names() {
        return List.copyOf(slots.keySet());
    }

    /** The model of that name as it is asked; null for a name that is not listed. */
    public @Nullable TextGenerator find(String name) {
        Slot slot = slots.get(name);
        return slot == null ? null : new RegisteredGenerator(this, slot);
    }

    /** How a listed model stands. */
    public synchronized Residency residency(String name) {
        Slot slot = slot(name);
        long left = slot.leftNanos(clock.getAsLong());
        Residency.State state = slot.state == State.LOADED
                ? Residency.State.LOADED
                : slot.state == State.LOADING || line.wants(slot) ? Residency.State.LOADING : Residency.State.UNLOADED;
        return new Residency(
                state,
                slot.percent,
                slot.leases,
                left == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(Math.max(0, left)));
    }

    /** The name of a loaded model that has failed for good; null while there is none. */
    public synchronized @Nullable String failed() {
        for (Slot slot : slots.values()) {
            Resident resident = slot.resident;
            if (resident != null && slot.state == State.LOADED && !resident.isHealthy()) {
                return slot.model.name();
            }
        }
        return null;
    }

    /**
     * Loads a listed model where it is not, and waits as a request does.
     *
     * @param keep how long it stays; null for as long as the operator says
     * @return comes when it is there; errors are {@link GenerationException}
     */
    public Mono<Void> load(String name, @Nullable KeepAlive keep) {
        Slot slot = slot(name);
        return Mono.deferContextual(context -> entrance(slot, Wait.of(context), LoadListener.of(context)))
                .doOnSuccess(there -> keep(slot, keep));
    }

    /** The same for who waits as long as it takes, and whatever waits already. */
    public Mono<Void> preload(String name) {
        return entrance(slot(name), Wait.FOR_GOOD, null);
    }

    /** Unloads a listed model as soon as nothing runs on it; nothing where it is not loaded. */
    public void unload(String name) {
        keep(slot(name), new KeepAlive(Duration.ZERO));
    }

    private synchronized void keep(Slot slot, @Nullable KeepAlive keep) {
        slot.usedNanos = clock.getAsLong();
        slot.keepNanos = nanos(keep);
        notifyAll();
    }

    private long nanos(@Nullable KeepAlive keep) {
        Duration time = keep == null ? limits.keepAlive() : keep.time();
        return time.isNegative() ? -1 : TimeUnit.NANOSECONDS.convert(time); // Of the longest, the most.
    }

    /** Ends what runs and what waits; nothing begins any more. Blocks for a step of each loaded model. */
    public void end() {
        List<Waiter> left = new ArrayList<>();
        List<Resident> residents = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Slot slot : slots.values()) {
                left.addAll(line.taken(slot));
                Resident resident = slot.resident;
                if (resident != null && slot.state == State.LOADED) {
                    residents.add(resident);
                }
            }
            notifyAll();
        }
        left.forEach(waiter -> waiter.fail(Entrances.ending()));
        residents.forEach(Resident::end);
    }

    /** Does {@link #end}, and gives back what the models have taken. Blocks while one is being loaded. */
    @Override
    public void close() {
        end();
        entrances.close();
        loader.join();
        for (Slot slot : slots.values()) {
            Resident resident = slot.resident;
            slot.resident = null;
            if (resident != null) {
                Loader.free(slot, resident);
            }
        }
    }

    private Slot slot(String name) {
        Slot slot = slots.get(name);
        if (slot == null) {
            throw new IllegalArgumentException("no model is called " + name);
        }
        return slot;
    }

    // ---- requests

    /** Null where the model has to be waited for. */
    synchronized @Nullable Lease enter(Slot slot, @Nullable KeepAlive keep) {
        Resident resident = slot.resident;
        if (resident == null || !slot.isOpen() || closed) {
            return null;
        }
        slot.leases++;
        slot.usedNanos = clock.getAsLong();
        slot.keepNanos = nanos(keep);
        return new Lease(this, slot, resident.generator());
    }

    synchronized void left(Slot slot) {
        slot.leases--;
        slot.usedNanos = clock.getAsLong();
        if (slot.leases == 0) {
            notifyAll();
        }
    }

    synchronized @Nullable Resident resident(Slot slot) {
        return slot.resident;
    }

    /** Comes when the model may be entered, which then has to be done at once. Who cancels gives his place up. */
    Mono<Void> entrance(Slot slot, Wait wait, @Nullable LoadListener listener) {
        return entrances.of(slot, wait, listener);
    }

    // ---- the loader, which holds the lock

    boolean isClosed() {
        return closed;
    }

    Iterable<Slot> all() {
        return slots.values();
    }

    long now() {
        return clock.getAsLong();
    }

    /** It stays as long as the operator says. */
    void loaded(Slot slot, Resident resident, long nanos) {
        slot.resident = resident;
        slot.state = State.LOADED;
        slot.percent = 100;
        slot.loadNanos = nanos;
        slot.usedNanos = clock.getAsLong();
        slot.keepNanos = nanos(null);
    }
}
