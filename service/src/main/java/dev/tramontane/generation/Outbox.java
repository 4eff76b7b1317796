package dev.tramontane.generation;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** Events on their way to a subscriber, who gets as many as he asked for. He asks on any thread; the rest is the drain's. */
final class Outbox {
    private final CoreSubscriber<? super GenerationEvent> subscriber;
    private final AtomicLong requested = new AtomicLong();
    private final ArrayDeque<GenerationEvent> waiting = new ArrayDeque<>();
    private long delivered;

    Outbox(CoreSubscriber<? super GenerationEvent> subscriber) {
        this.subscriber = subscriber;
    }

    /** He wants so many more. Any thread. */
    void request(long n) {
        requested.accumulateAndGet(n, Operators::addCap);
    }

    void add(@Nullable GenerationEvent event) {
        if (event != null) {
            waiting.add(event);
        }
    }

    /**
     * Delivers what is wanted.
     *
     * @return whether nothing waits any more
     */
    boolean deliver(BooleanSupplier cancelled) {
        while (delivered < requested.get() && !waiting.isEmpty() && !cancelled.getAsBoolean()) {
            delivered++;
            subscriber.onNext(waiting.remove());
        }
        return waiting.isEmpty();
    }

    /** Of so many events at most, those that are wanted and don't wait here. */
    long wanted(long most) {
        return Math.min(requested.get() - delivered, most) - waiting.size();
    }

    void clear() {
        waiting.clear();
    }
}
