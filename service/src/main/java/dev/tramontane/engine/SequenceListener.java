package dev.tramontane.engine;

/** Receives one choice's events on the engine thread, in order. Must not block and must not throw. */
public interface SequenceListener {

    /** The sequence left the queue; its prompt starts to be computed. */
    default void onStarted() {}

    /** A prompt token was scored: only with {@link Submission#promptTops()} of 0 or more, for indexes 1 and up. */
    default void onPromptToken(int index, TokenScore score) {}

    /**
     * The prompt is computed; once, before the first token.
     *
     * @param cachedTokens as {@link Finish#cachedTokens} will have it
     */
    default void onPrefilled(int cachedTokens) {}

    /** A token was generated. Never more often than demanded. */
    void onToken(TokenScore token);

    /**
     * Where its time went, just before {@link #onFinish}.
     *
     * @param submittedNanos on the engine's clock
     */
    default void onEnded(Finish finish, long submittedNanos, EngineObserver.Phases phases) {}

    /** The sequence is over and holds nothing any more. Called once, last. */
    void onFinish(Finish finish);
}
