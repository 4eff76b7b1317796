package dev.tramontane.registry;

import java.util.OptionalLong;

/**
 * How a model stands.
 *
 * @param state what it does
 * @param percent of it that is prepared while it is being loaded; else 0 or 100
 * @param underWay what runs on it
 * @param leftNanos until it is unloaded should nobody ask for it; empty where nothing runs out
 */
public record Residency(State state, int percent, int underWay, OptionalLong leftNanos) {

    /** What a model does. */
    public enum State {
        /** It could be loaded. */
        UNLOADED,
        /** It waits to be loaded, or is being loaded. */
        LOADING,
        /** It answers. */
        LOADED
    }

    public boolean isLoaded() {
        return state == State.LOADED;
    }
}
