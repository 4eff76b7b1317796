package dev.tramontane.engine;

/**
 * Sizes of the engine, checked once.
 *
 * @param lanes sequences computed in one step at most
 * @param tokenBudget rows of one step at most, so also the longest prefill chunk (C in the formula of {@link CachePlan})
 * @param maxSamples sampled or scored rows of one step at most; their logits are what a step's workspace holds
 * @param slots sequences admitted at a time at most, running and parked together
 * @param pageTokens positions of a cache page
 * @param halfPrecision F16 cache, else F32
 * @param cacheBytes memory for the key/value cache
 * @param contextTokens prompt and answer together at most
 * @param maxChoices choices of one submission at most
 * @param queueRequests requests that may wait for admission, those between two steps included
 * @param queueTokens prompt tokens that may wait; a single request may always wait alone
 * @param stepNanos how long a step should take at most, see {@link RowBudget}; 0 for as long as its rows take
 */
public record EngineConfig(
        int lanes,
        int tokenBudget,
        int maxSamples,
        int slots,
        int pageTokens,
        boolean halfPrecision,
        long cacheBytes,
        int contextTokens,
        int maxChoices,
        int queueRequests,
        long queueTokens,
        long stepNanos) {

    /** Most requests and tokens that a queue can be told to hold: what {@link Intake} can count. */
    static final int MOST_QUEUED_REQUESTS = (1 << 22) - 1;

    static final long MOST_QUEUED_TOKENS = (1L << 40) - 1;

    public EngineConfig {
        check(lanes >= 1, "lanes must be at least 1", lanes);
        check(tokenBudget >= lanes, "the token budget must be at least the lanes (" + lanes + ")", tokenBudget);
        check(maxSamples >= lanes, "the samples of a step must be at least the lanes (" + lanes + ")", maxSamples);
        check(slots >= lanes, "the slots must be at least the lanes (" + lanes + ")", slots);
        check(pageTokens >= 1, "a page must hold at least 1 token", pageTokens);
        check(cacheBytes >= 1, "the cache must have at least 1 byte", cacheBytes);
        check(contextTokens >= 2, "the context must hold a prompt and an answer, at least 2 tokens", contextTokens);
        check(contextTokens <= 1 << 30, "the context must be at most 2^30 tokens", contextTokens);
        check(
                maxChoices >= 1 && maxChoices <= slots,
                "choices must be between 1 and the slots (" + slots + ")",
                maxChoices);
        check(
                queueRequests >= 1 && queueRequests <= MOST_QUEUED_REQUESTS,
                "queued requests must be between 1 and " + MOST_QUEUED_REQUESTS,
                queueRequests);
        check(
                queueTokens >= 1 && queueTokens <= MOST_QUEUED_TOKENS,
                "queued tokens must be between 1 and " + MOST_QUEUED_TOKENS,
                queueTokens);
        check(stepNanos >= 0, "the time of a step must be at least 0 nanoseconds", stepNanos);
    }

    /** Steps take as long as their rows take. */
    public EngineConfig(
            int lanes,
            int tokenBudget,
            int maxSamples,
            int slots,
            int pageTokens,
            boolean halfPrecision,
            long cacheBytes,
            int contextTokens,
            int maxChoices,
            int queueRequests,
            long queueTokens) {
        this(
                lanes,
                tokenBudget,
                maxSamples,
                slots,
                pageTokens,
                halfPrecision,
                cacheBytes,
                contextTokens,
                maxChoices,
                queueRequests,
                queueTokens,
                0);
    }

    /** What serves a single machine well: 16 lanes, chunks of 256, 64 slots, pages of 32, F16. */
    public static EngineConfig defaults(int contextTokens, long cacheBytes) {
        return new EngineConfig(16, 256, 64, 64, 32, true, cacheBytes, contextTokens, 8, 256, 1 << 20);
    }

    public EngineConfig withCacheBytes(long bytes) {
        return new EngineConfig(
                lanes,
                tokenBudget,
                maxSamples,
                slots,
                pageTokens,
                halfPrecision,
                bytes,
                contextTokens,
                maxChoices,
                queueRequests,
                queueTokens,
                stepNanos);
    }

    /** @param nanos see {@link RowBudget}; 0 for as long as it takes */
    public EngineConfig withStepNanos(long nanos) {
        return new EngineConfig(
                lanes,
                tokenBudget,
                maxSamples,
                slots,
                pageTokens,
                halfPrecision,
                cacheBytes,
                contextTokens,
                maxChoices,
                queueRequests,
                queueTokens,
                nanos);
    }

    private static void check(boolean holds, String rule, long given) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ", got " + given);
        }
    }
}
