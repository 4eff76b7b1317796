package dev.tramontane.generation;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Hears that a generation waits for its model to be loaded. It travels in the subscriber's context, so that nothing between has
 * to know of it. Called on any thread, one at a time; must neither block nor throw.
 */
@FunctionalInterface
public interface LoadListener {

    /**
     * It waits.
     *
     * @param model the name by which it was asked for
     * @param percent of the model's bytes that are prepared, 0 to 100; 0 as well while others are loaded before it
     */
    void waits(String model, int percent);

    /** A subscriber's context that hears. */
    default Context in(Context context) {
        return context.put(LoadListener.class, this);
    }

    /** Who listens, if anybody does. */
    static @Nullable LoadListener of(ContextView context) {
        return context.getOrDefault(LoadListener.class, null);
    }
}
