package dev.tramontane.engine;

/**
 * The work of the admitted sequences and the measured speeds, as of the last step: enough to tell a refused client when
 * to come back. Immutable; any thread.
 *
 * @param sequences admitted and not ended
 * @param promptTokens of them, still to be computed
 * @param generatedTokens that they are expected to generate still
 * @param generatedPerSequence tokens that a sequence is expected to generate
 */
record Backlog(
        int sequences,
        double promptTokens,
        double generatedTokens,
        double nanosPerPromptToken,
        double nanosPerGeneratedToken,
        double generatedPerSequence) {

    static final Backlog NONE = new Backlog(0, 0, 0, 0, 0, 0);

    /** Between two places while no speed is known. */
    private static final double UNKNOWN_NANOS = 1e9;

    /** Rates change; who comes a little late finds a place, who comes a little early doesn't. */
    private static final double CAUTION = 1.3;

    /**
     * Seconds until room is expected for one more client turned away. The admitted sequences share the machine and may all
     * end as late as the last of them; from then on places become free at the pace of the queue's work.
     *
     * @param share of the queued tokens that must leave first, 0..1
     */
    int retryAfterSeconds(ReturnTimes times, long now, int queuedRequests, long queuedTokens, double share) {
        double perGenerated = nanosPerGeneratedToken > 0 ? nanosPerGeneratedToken : nanosPerPromptToken;
        double perPrompt = nanosPerPromptToken > 0 ? nanosPerPromptToken : perGenerated;
        double admitted = CAUTION * (promptTokens * perPrompt + generatedTokens * perGenerated);
        double queued = CAUTION * (queuedTokens * perPrompt + queuedRequests * generatedPerSequence * perGenerated);
        double each = (admitted + queued) / Math.max(1, sequences + queuedRequests);
        if (each == 0) {
            each = UNKNOWN_NANOS;
        } else if (queuedRequests > 0) {
            each = Math.max(each, queued / queuedRequests);
        }
        double round = 4 * (admitted + queued) + 60e9;
        return times.next(now, Math.max(admitted, share * queued), each, round);
    }
}
