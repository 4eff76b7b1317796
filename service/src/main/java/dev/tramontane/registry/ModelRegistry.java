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
import reactor.core.publisher.MonoSink;

/**
 * Which of the listed models are loaded, of a list that grows and shrinks. A request whose model is not waits, bounded in number and time, in the order in which models
 * were first asked for. One model at a time is loaded; where room is short those give way that have not been used for longest: nothing
 * new begins on them, and what runs ends first. What is loaded and what is being loaded fits the budget at all times.
 */
public final class ModelRegistry implements AutoCloseable {
    private final RegistryLimits limits;
    private final LongSupplier clock;
    private final Map<String, Slot> slots = new LinkedHashMap<>();

    /** Those that are listed no more, until nothing of them is left. */
    private final Map<Slot, MonoSink<Void>> going = new LinkedHashMap<>();

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
        entrances = new Entrances(this, limits, observer);
        loader = new Loader(this, budget, observer);
        models.forEach(this::add);
    }

    /**
     * Lists one more, which is loaded when it is asked for.
     *
     * @param model one that the budget has room for, alone
     */
    public synchronized void add(ListedModel model) {
        if (slots.putIfAbsent(model.name(), new Slot(model)) != null) {
            throw new IllegalArgumentException("two models are called " + model.name());
        }
    }

    /**
     * Lists a model no more: who waits for it is told so, nothing new begins on it, and what runs on it ends as if nothing had been.
     *
     * @return does so once it is subscribed to, whoever cancels; comes when nothing of the model is loaded any more
     */
    public Mono<Void> remove(String name) {
        return Mono.create(sink -> {
            GenerationException refusal = null;
            List<Waiter> left = List.of();
            synchronized (this) {
                Slot slot = closed ? null : slots.remove(name);
                if (slot == null) {
                    refusal = closed ? Entrances.ending() : Entrances.gone(name);
                } else {
                    left = line.taken(slot);
                    slot.listed = false;
                    going.put(slot, sink);
                    notifyAll();
                }
            }
            if (refusal != null) {
                sink.error(refusal);
            }
            left.forEach(waiter -> waiter.fail(Entrances.gone(name)));
        });
    }

    /** Begins to load what is asked for. Once. */
    public void start() {
        loader.start();
    }

    /** The names, in the order in which they were listed. */
    public synchronized List<String> names() {
        return List.copyOf(slots.keySet());
    }

    /** The model of that name as it is asked; null for a name that is not listed. */
    public synchronized @Nullable TextGenerator find(String name) {
        Slot slot = slots.get(name);
        return slot == null ? null : new RegisteredGenerator(this, slot);
    }

    /** How a model stands; one that is not listed is not loaded. */
    public synchronized Residency residency(String name) {
        Slot slot = slots.get(name);
        if (slot == null) {
            return new Residency(Residency.State.UNLOADED, 0, 0, OptionalLong.empty());
        }
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
        for (Slot slot : all()) {
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
        return Mono.deferContextual(context -> {
            Slot slot = slot(name);
            return entrance(slot, Wait.of(context), LoadListener.of(context)).doOnSuccess(there -> keep(slot, keep));
        });
    }

    /** The same for who waits as long as it takes, and whatever waits already. */
    public Mono<Void> preload(String name) {
        return Mono.defer(() -> entrance(slot(name), Wait.FOR_GOOD, null));
    }

    /**
     * Unloads a listed model as soon as nothing runs on it; nothing where it is not loaded.
     *
     * @throws GenerationException when it is not listed
     */
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
            for (Slot slot : all()) {
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
        for (Slot slot : all()) {
            Resident resident = slot.resident;
            slot.resident = null;
            if (resident != null) {
                Loader.free(slot, resident);
            }
        }
        going.values().forEach(MonoSink::success);
    }

    private synchronized Slot slot(String name) {
        Slot slot = slots.get(name);
        if (slot == null) {
            throw Entrances.gone(name);
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

    /** Those that are listed, and those that are not any more and are not gone. */
    List<Slot> all() {
        List<Slot> all = new ArrayList<>(slots.values());
        all.addAll(going.keySet());
        return all;
    }

    /** Who wants to know that a model of which nothing is left has gone; null where there is no such model. */
    @Nullable
    MonoSink<Void> gone() {
        for (Slot slot : going.keySet()) {
            if (slot.state == State.ABSENT) {
                return going.remove(slot);
            }
        }
        return null;
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
