package dev.tramontane.stages;

/** What metrics see of a stage in another process, by the address as it was given. Any thread; must neither block nor throw. */
public interface StageObserver {
    /** Sees nothing. */
    StageObserver NONE = new StageObserver() {};

    /** It is ready for steps. */
    default void ready(String stage) {}

    /** It was lost, after it was ready. */
    default void lost(String stage) {}

    /**
     * A step is done.
     *
     * @param nanos from its first byte's going to its last one's coming
     * @param computed of these it computed, as it says itself
     * @param bytesOut that went, since the step before
     * @param bytesIn that came, likewise
     */
    default void step(String stage, long nanos, long computed, long bytesOut, long bytesIn) {}
}
