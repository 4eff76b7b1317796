package dev.tramontane.registry;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.registry.RegistryObserver.Refusal;
import dev.tramontane.registry.Slot.State;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Where requests wait for their models: bounded in number and time, or refused with when to come back. Any thread. */
final class Entrances {
    /** What loading takes while nothing was measured. */
    private static final long UNKNOWN_NANOS = 5_000_000_000L;

    private static final int MOST_SECONDS = 3600;

    /** Its lock guards all of this. */
    private final ModelRegistry registry;

    private final Line line;
    private final RegistryLimits limits;
    private final RegistryObserver observer;
    private final ScheduledThreadPoolExecutor timer;

    Entrances(ModelRegistry registry, RegistryLimits limits, RegistryObserver observer) {
        this.registry = registry;
        line = registry.line;
        this.limits = limits;
        this.observer = observer;
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("model-waits").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Nobody's time runs out any more. */
    void close() {
        timer.shutdownNow();
    }

    /** Comes when the model may be entered, which then has to be done at once. Who cancels gives his place up. */
    Mono<Void> of(Slot slot, Wait wait, @Nullable LoadListener listener) {
        return Mono.create(sink -> {
            Waiter waiter = new Waiter(slot, wait, sink, listener);
            Joined joined = join(waiter);
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

    private Joined join(Waiter waiter) {
        synchronized (registry) {
            return joined(waiter);
        }
    }

    private Joined joined(Waiter waiter) {
        Slot slot = waiter.slot;
        if (registry.isClosed()) {
            return Joined.refused(ending());
        }
        if (!slot.listed) {
            return Joined.refused(gone(slot.model.name()));
        }
        if (slot.isOpen()) {
            return Joined.OPEN;
        }
        Wait wait = waiter.wait;
        if (wait.isBounded()) {
            String full = line.full(wait.tenant());
            if (full != null) {
                observer.refused(slot.model.name(), Refusal.FULL);
                return Joined.refused(new GenerationException(
                        Kind.BUSY,
                        "The model '" + slot.model.name() + "' is not loaded, and " + full,
                        "",
                        seconds(slot)));
            }
            boundTime(waiter);
        }
        line.add(waiter);
        registry.notifyAll();
        return new Joined(null, false, slot.state == State.LOADING ? slot.percent : 0);
    }

    private void boundTime(Waiter waiter) {
        OptionalLong deadline = waiter.wait.deadlineNanos();
        long patience = limits.patience().toNanos();
        boolean late = deadline.isPresent() && deadline.getAsLong() - registry.now() < patience;
        long nanos = late ? deadline.getAsLong() - registry.now() : patience;
        waiter.timeout(timer.schedule(() -> expire(waiter, late), Math.max(0, nanos), TimeUnit.NANOSECONDS));
    }

    private void expire(Waiter waiter, boolean deadline) {
        int seconds;
        synchronized (registry) {
            if (!line.remove(waiter)) {
                return;
            }
            registry.notifyAll();
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

    private void giveUp(Waiter waiter) {
        waiter.forgetTimeout();
        synchronized (registry) {
            if (line.remove(waiter)) {
                registry.notifyAll();
            }
        }
    }

    /** Until a model may be there, those that are wanted before it included. */
    private int seconds(Slot slot) {
        double nanos = leftToLoad(slot);
        for (Slot before : line.wanted()) {
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

    /** There is no such model any more. */
    static GenerationException gone(String name) {
        return new GenerationException(
                Kind.GONE, "The model '" + name + "' is not here any more: it was deleted.", "model", 0);
    }

    static GenerationException ending() {
        return new GenerationException(
                Kind.UNAVAILABLE,
                "The server is shutting down and takes no new requests. Ask another one, or again later.",
                "",
                1);
    }
}
