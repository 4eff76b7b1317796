package dev.tramontane.keys;

/**
 * What metrics see of the holders of keys, by name: a bounded set, since the operator's file has them. Called on any
 * thread; must not block. Every method does nothing by default.
 */
public interface KeyObserver {

    /** Sees nothing. */
    KeyObserver NONE = new KeyObserver() {};

    /** A request that counts was made, refused or not. */
    default void requested(String name) {}

    /** @param limit requests, tokens or streams */
    default void limited(String name, String limit) {}

    /** Tokens were computed: of a prompt that was taken, or of an answer. */
    default void computed(String name, long promptTokens, long answerTokens) {}

    /** @param change 1 when an answer begins, -1 when it ends */
    default void streams(String name, int change) {}
}
