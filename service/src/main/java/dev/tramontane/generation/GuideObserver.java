package dev.tramontane.generation;

/** What metrics see of the forms that answers must have. Any thread; must neither block nor throw. */
@FunctionalInterface
public interface GuideObserver {
    /** Sees nothing. */
    GuideObserver NONE = (compiled, nanos, bytes) -> {};

    /**
     * A request's form was looked up.
     *
     * @param compiled whether it was not there and had to be compiled, or refused
     * @param nanos that this took, with waiting for another thread that compiles the same
     * @param bytes of heap that all that are kept take now, about
     */
    void structure(boolean compiled, long nanos, long bytes);
}
