package dev.tramontane.registry;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.RegistryObserver.Refusal;
import dev.tramontane.registry.Slot.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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
    /** What loading takes while nothing was measured. */
    private static final long UNKNOWN_NANOS = 5_000_000_000L;

    private static final int MOST_SECONDS = 3600;

    private final RegistryLimits limits;
    private final RegistryObserver observer;
    private final LongSupplier clock;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final ScheduledThreadPoolExecutor timer;
    private final Loader loader;

    /** Those with requests that wait, in the order of the first of these. */
    final Set<Slot> wanted = new LinkedHashSet<>();

    private int waiting;
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
        this.observer = observer;
        clock = nanoClock;
        for (ListedModel model : models) {
            if (slots.put(model.name(), new Slot(model)) != null) {
                throw new IllegalArgumentException("two models are called " + model.name());
            }
        }
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("model-waits").factory());
        timer.setRemoveOnCancelPolicy(true);
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
                : slot.state == State.LOADING || wanted.contains(slot)
                        ? Residency.State.LOADING
                        : Residency.State.UNLOADED;
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
        return Mono.defer(() -> entrance(slot, null, OptionalLong.empty())).doOnSuccess(there -> keep(slot, keep));
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
            wanted.clear();
            for (Slot slot : slots.values()) {
                left.addAll(taken(slot));
                Resident resident = slot.resident;
                if (resident != null && slot.state == State.LOADED) {
                    residents.add(resident);
                }
            }
            notifyAll();
        }
        left.forEach(waiter -> waiter.fail(ending()));
        residents.forEach(Resident::end);
    }

    /** Does {@link #end}, and gives back what the models have taken. Blocks while one is being loaded. */
    @Override
    public void close() {
        end();
        timer.shutdownNow();
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
    Mono<Void> entrance(Slot slot, @Nullable LoadListener listener, OptionalLong deadlineNanos) {
        return Mono.create(sink -> {
            Waiter waiter = new Waiter(slot, sink, listener);
            Joined joined = join(waiter, deadlineNanos);
            if (joined.refusal() != null) {
                waiter.fail(joined.refusal());
            } else if (joined.isOpen()) {
                waiter.go();
            } else {
                sink.onDispose(() -> giveUp(waiter));
                waiter.waits(joined.percent());
            }
        });
    }

    /**
     * What becomes of who wants to wait.
     *
     * @param refusal why he may not; null where he may
     * @param isOpen whether he need not
     * @param percent of the model that is prepared
     */
    private record Joined(@Nullable GenerationException refusal, boolean isOpen, int percent) {
        static final Joined OPEN = new Joined(null, true, 100);

        static Joined refused(GenerationException why) {
            return new Joined(why, false, 0);
        }
    }

    private synchronized Joined join(Waiter waiter, OptionalLong deadlineNanos) {
        Slot slot = waiter.slot;
        if (closed) {
            return Joined.refused(ending());
        }
        if (slot.isOpen()) {
            return Joined.OPEN;
        }
        if (waiting >= limits.waiting()) {
            observer.refused(slot.model.name(), Refusal.FULL);
            return Joined.refused(new GenerationException(
                    Kind.BUSY,
                    "The model '" + slot.model.name() + "' is not loaded, and " + waiting
                            + " requests wait for models already.",
                    "",
                    seconds(slot)));
        }
        long patience = limits.patience().toNanos();
        boolean late = deadlineNanos.isPresent() && deadlineNanos.getAsLong() - clock.getAsLong() < patience;
        long nanos = late ? deadlineNanos.getAsLong() - clock.getAsLong() : patience;
        waiter.timeout(timer.schedule(() -> expire(waiter, late), Math.max(0, nanos), TimeUnit.NANOSECONDS));
        slot.waiters.add(waiter);
        wanted.add(slot);
        count(1);
        notifyAll();
        return new Joined(null, false, slot.state == State.LOADING ? slot.percent : 0);
    }

    private void expire(Waiter waiter, boolean deadline) {
        int seconds;
        synchronized (this) {
            if (!leave(waiter)) {
                return;
            }
            seconds = seconds(waiter.slot);
        }
        if (deadline) {
            waiter.fail(GenerationException.expired());
            return;
        }
        observer.refused(waiter.slot.model.name(), Refusal.LATE);
        waiter.fail(new GenerationException(
                Kind.UNAVAILABLE,
                "The model '" + waiter.slot.model.name() + "' could not be loaded in "
                        + limits.patience().toSeconds() + " s: others are in use or are loaded before it.",
                "",
                seconds));
    }

    private synchronized void giveUp(Waiter waiter) {
        waiter.forgetTimeout();
        leave(waiter);
    }

    /** Whether it waited still. */
    private boolean leave(Waiter waiter) {
        Slot slot = waiter.slot;
        if (!slot.waiters.remove(waiter)) {
            return false;
        }
        count(-1);
        if (slot.waiters.isEmpty()) {
            wanted.remove(slot);
            notifyAll();
        }
        return true;
    }

    /** Until a model may be there, those that are wanted before it included. */
    private int seconds(Slot slot) {
        double nanos = leftToLoad(slot);
        for (Slot before : wanted) {
            if (before == slot) {
                break;
            }
            nanos += leftToLoad(before);
        }
        return (int) Math.clamp(Math.ceil(nanos / 1e9), 1, MOST_SECONDS);
    }

    private static double leftToLoad(Slot slot) {
        double whole = slot.loadNanos == 0 ? UNKNOWN_NANOS : slot.loadNanos;
        return slot.state == State.LOADING ? whole * (100 - slot.percent) / 100 : whole;
    }

    private static GenerationException ending() {
        return new GenerationException(
                Kind.UNAVAILABLE,
                "The server is shutting down and takes no new requests. Ask another one, or again later.",
                "",
                1);
    }

    private void count(int more) {
        waiting += more;
        observer.waiting(waiting);
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

    /** Whoever waits for it, who waits no longer. */
    List<Waiter> taken(Slot slot) {
        List<Waiter> all = List.copyOf(slot.waiters);
        slot.waiters.clear();
        wanted.remove(slot);
        if (!all.isEmpty()) {
            count(-all.size());
        }
        return all;
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
