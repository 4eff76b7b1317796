package dev.tramontane.engine;

/**
 * What metrics see of the engine. Called on the engine thread, but {@link #refused} on the submitter's; must neither block
 * nor throw. Every method does nothing by default. Requests are queued; from then on each choice is a sequence of its own.
 */
public interface EngineObserver {

    /** Sees nothing. */
    EngineObserver NONE = new EngineObserver() {};

    /** A request arrived in the queue. */
    default void queued() {}

    /**
     * A sequence was admitted.
     *
     * @param queueNanos from submission to admission
     */
    default void started(long queueNanos) {}

    /** @param nanos from submission to the first generated token */
    default void firstToken(long nanos) {}

    /** @param nanos since this sequence's previous token */
    default void nextToken(long nanos) {}

    /**
     * A sequence ended, perhaps without ever being started.
     *
     * @param generatedTokens the end token included
     * @param totalNanos since submission
     */
    default void finished(FinishReason reason, int promptTokens, int generatedTokens, long totalNanos) {}

    /** A submission was refused. Any thread. */
    default void refused(RefusedException.Cause cause) {}

    /**
     * @param rows tokens computed
     * @param sequences sequences in the step
     * @param nanos from submit to results
     */
    default void step(int rows, int sequences, long nanos) {}

    /** The books have changed, by a step or by an arrival, a cancellation or a failure between steps. */
    default void books(EngineStatus status) {}
}
