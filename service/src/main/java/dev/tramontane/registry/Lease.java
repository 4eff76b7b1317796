package dev.tramontane.registry;

import dev.tramontane.generation.TextGenerator;
import java.util.concurrent.atomic.AtomicBoolean;

/** A model that is not unloaded while this is held. Any thread. */
final class Lease implements AutoCloseable {
    private final ModelRegistry registry;
    private final Slot slot;
    private final TextGenerator generator;
    private final AtomicBoolean over = new AtomicBoolean();

    Lease(ModelRegistry registry, Slot slot, TextGenerator generator) {
        this.registry = registry;
        this.slot = slot;
        this.generator = generator;
    }

    TextGenerator generator() {
        return generator;
    }

    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            registry.left(slot);
        }
    }
}
