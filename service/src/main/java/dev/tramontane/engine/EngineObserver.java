package dev.tramontane.engine;

/** What metrics see of the engine. Called on the engine thread; must not block. Every method does nothing by default. */
public interface EngineObserver {

    /** Sees nothing. */
    EngineObserver NONE = new EngineObserver() {};

    default void queued() {}

    /** @param queueNanos from submission to admission */
    default void started(long queueNanos) {}

    /** @param nanos from submission to the first generated token */
    default void firstToken(long nanos) {}

    /** @param nanos since this sequence's previous token */
    default void nextToken(long nanos) {}

    default void finished(FinishReason reason, int promptTokens, int generatedTokens, long totalNanos) {}

    default void refused(RefusedException.Cause cause) {}

    /**
     * @param rows tokens computed
     * @param sequences sequences in the step
     * @param nanos from submit to results
     */
    default void step(int rows, int sequences, long nanos, EngineStatus after) {}
}
