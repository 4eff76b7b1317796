package dev.tramontane.registry;

/** What metrics see of a registry. Any thread; must neither block nor throw. */
public interface RegistryObserver {

    /** Sees nothing. */
    RegistryObserver NONE = new RegistryObserver() {};

    /** Why a model was unloaded. */
    enum Reason {
        /** Nobody asked for it for its time. */
        IDLE,
        /** Another one needed its room. */
        ROOM,
        /** A request said so. */
        ASKED,
        /** It is listed no more. */
        REMOVED
    }

    /** A model was loaded, in so many nanoseconds. */
    default void loaded(String model, long nanos) {}

    /** A model could not be loaded. */
    default void failed(String model) {}

    /** A model was unloaded. */
    default void unloaded(String model, Reason reason) {}

    /** So many requests wait now. */
    default void waiting(int requests) {}

    /** Why a request was turned away. */
    enum Refusal {
        /** Too many wait. */
        FULL,
        /** It has waited for its time. */
        LATE
    }

    /** A request was turned away. */
    default void refused(String model, Refusal why) {}
}
