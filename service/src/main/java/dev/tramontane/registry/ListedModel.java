package dev.tramontane.registry;

import dev.tramontane.engine.Capacity;
import dev.tramontane.generation.ModelProfile;
import java.util.function.Supplier;

/**
 * A model that may be asked for.
 *
 * @param name by which clients know it
 * @param footprint what it takes once it is loaded
 * @param profile what it can be asked for, which is known before it is loaded
 * @param idle its capacity while it is not loaded: that of an engine with nothing to do
 * @param loader brings it to life
 */
public record ListedModel(
        String name, Footprint footprint, ModelProfile profile, Supplier<Capacity> idle, Loader loader) {

    /** Brings a model to life. */
    @FunctionalInterface
    public interface Loader {

        /**
         * Looks whether it can still be had, before others give way to it. On the registry's thread.
         *
         * @throws RuntimeException when it cannot
         */
        default void check() {}

        /**
         * Loads it. Blocks as long as that takes, on the registry's thread.
         *
         * @throws RuntimeException when it cannot be had; all that was taken is given back
         */
        Resident load(Progress progress);
    }

    /** Hears how far it is, on the loading thread. */
    @FunctionalInterface
    public interface Progress {
        void at(long done, long total);
    }
}
