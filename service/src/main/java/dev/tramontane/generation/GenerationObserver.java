package dev.tramontane.generation;

import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.Finish;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.util.context.ContextView;

/**
 * Hears where the time of one generation went, whether or not anybody still reads it: subscribers of a cancelled one hear
 * nothing. It travels in the subscriber's context, so that nothing between has to know of it. Called on the engine's
 * thread; must neither block nor throw.
 */
@FunctionalInterface
public interface GenerationObserver {

    /**
     * A choice is over.
     *
     * @param submittedNanos when it was submitted, on the engine's clock
     */
    void ended(int choice, Finish finish, long submittedNanos, Phases phases);

    /** The same generation, observed. */
    static Flux<GenerationEvent> observed(Flux<GenerationEvent> generation, GenerationObserver observer) {
        return generation.contextWrite(context -> context.put(GenerationObserver.class, observer));
    }

    /** Who observes, if anybody does. */
    static @Nullable GenerationObserver of(ContextView context) {
        return context.getOrDefault(GenerationObserver.class, null);
    }
}
