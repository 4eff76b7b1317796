package dev.tramontane.engine;

/**
 * The work of the admitted sequences and the measured speeds, as of the last step: enough to tell a refused client when
 * to come back. Immutable; any thread.
 *
 * @param sequences admitted and not ended
 * @param promptTokens of them, still to be computed
 * @param generatedTokens that they are expected to generate still
 */
record Backlog(
        int sequences,
        double promptTokens,
        double generatedTokens,
        double nanosPerPromptToken,
        double nanosPerGeneratedToken,
        double generatedPerSequence) {

    static final Backlog NONE = new Backlog(0, 0, 0, 0, 0, 0);

    private static final int MOST_SECONDS = 3600;

    /**
     * Seconds until room is expected. All outstanding work, queued and admitted, takes a time T; on the way one place
     * after the other becomes free, so the k-th client turned away is told T * k / outstanding, and one that wants a
     * share of the queue's tokens at least that share of T. Nobody needs to wait longer than T.
     *
     * @param turnedAway which refusal since the queue last had room, from 1
     * @param share of the queued tokens that must leave first, 0..1
     */
    int retryAfterSeconds(int queuedRequests, long queuedTokens, int turnedAway, double share) {
        double nanos = (promptTokens + queuedTokens) * nanosPerPromptToken
                + (generatedTokens + queuedRequests * generatedPerSequence) * nanosPerGeneratedToken;
        double places = Math.max(1, sequences + queuedRequests);
        double wait = nanos * Math.min(1, Math.max(turnedAway / places, share));
        return (int) Math.clamp(Math.ceil(wait / 1e9), 1, MOST_SECONDS);
    }
}
