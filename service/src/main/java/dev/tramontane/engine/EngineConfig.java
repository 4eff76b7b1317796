package dev.tramontane.engine;

import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;

/** Sizes of the engine, checked once: of a step, of the cache, and of what is let in. */
public record EngineConfig(Step step, Cache cache, Admission admission, Speculation speculation, AdapterRoom adapters) {
    /** Most requests and tokens that a queue can be told to hold: what {@link Intake} can count. */
    static final int MOST_QUEUED_REQUESTS = (1 << 22) - 1;

    static final long MOST_QUEUED_TOKENS = (1L << 40) - 1;

    /**
     * @param lanes sequences computed in one step at most
     * @param tokenBudget rows of one step at most, so also the longest prefill chunk (C in the formula of
     *     {@link CachePlan})
     * @param maxSamples sampled or scored rows of one step at most; their logits are what a step's workspace holds
     * @param nanos how long a step should take at most, see {@link RowBudget}; 0 for as long as its rows take
     */
    public record Step(int lanes, int tokenBudget, int maxSamples, long nanos) {
        public Step {
            check(lanes >= 1, "lanes must be at least 1", lanes);
            check(tokenBudget >= lanes, "the token budget must be at least the lanes (" + lanes + ")", tokenBudget);
            check(maxSamples >= lanes, "the samples of a step must be at least the lanes (" + lanes + ")", maxSamples);
            check(nanos >= 0, "the time of a step must be at least 0 nanoseconds", nanos);
        }

        /** Steps take as long as their rows take. */
        public Step(int lanes, int tokenBudget, int maxSamples) {
            this(lanes, tokenBudget, maxSamples, 0);
        }
    }

    /**
     * @param pageTokens positions of a cache page
     * @param type what keys and values are kept as
     * @param bytes memory for the key/value cache
     * @param prefixes whether what was computed is kept, to be found by later requests that begin alike
     */
    public record Cache(int pageTokens, CacheType type, long bytes, boolean prefixes) {
        public Cache {
            check(pageTokens >= 1, "a page must hold at least 1 token", pageTokens);
            check(bytes >= 1, "the cache must have at least 1 byte", bytes);
        }

        /** Keeps what was computed. */
        public Cache(int pageTokens, CacheType type, long bytes) {
            this(pageTokens, type, bytes, true);
        }
    }

    /**
     * @param slots sequences admitted at a time at most, running and parked together
     * @param contextTokens prompt and answer together at most
     * @param maxChoices choices of one submission at most
     * @param queueRequests requests that may wait for admission, those between two steps included
     * @param queueTokens prompt tokens that may wait; a single request may always wait alone
     */
    public record Admission(int slots, int contextTokens, int maxChoices, int queueRequests, long queueTokens) {
        public Admission {
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
        }
    }

    public EngineConfig {
        check(
                admission.slots >= step.lanes,
                "the slots must be at least the lanes (" + step.lanes + ")",
                admission.slots);
    }

    /** Nothing is guessed but where a request asks for it, and there is no room for adapters. */
    public EngineConfig(Step step, Cache cache, Admission admission) {
        this(step, cache, admission, Speculation.OFF, AdapterRoom.NONE);
    }

    /** The same where this is how tokens are guessed, for requests that say nothing of it. */
    public EngineConfig speculating(Speculation other) {
        return new EngineConfig(step, cache, admission, other, adapters);
    }

    /** What serves a single machine well: 16 lanes, chunks of 256, 64 slots, pages of 32, F16. */
    public static EngineConfig defaults(int contextTokens, long cacheBytes) {
        return new EngineConfig(
                new Step(16, 256, 64),
                new Cache(32, CacheType.F16, cacheBytes),
                new Admission(64, contextTokens, 8, 256, 1 << 20));
    }

    public EngineConfig withCacheBytes(long bytes) {
        return new EngineConfig(
                step, new Cache(cache.pageTokens, cache.type, bytes, cache.prefixes), admission, speculation, adapters);
    }

    /** @param nanos see {@link RowBudget}; 0 for as long as it takes */
    public EngineConfig withStepNanos(long nanos) {
        return new EngineConfig(
                new Step(step.lanes, step.tokenBudget, step.maxSamples, nanos),
                cache,
                admission,
                speculation,
                adapters);
    }

    public EngineConfig withAdapters(AdapterRoom room) {
        return new EngineConfig(step, cache, admission, speculation, room);
    }

    public int lanes() {
        return step.lanes;
    }

    public int tokenBudget() {
        return step.tokenBudget;
    }

    public int maxSamples() {
        return step.maxSamples;
    }

    public long stepNanos() {
        return step.nanos;
    }

    public int pageTokens() {
        return cache.pageTokens;
    }

    public CacheType cacheType() {
        return cache.type;
    }

    public long cacheBytes() {
        return cache.bytes;
    }

    public boolean keepsPrefixes() {
        return cache.prefixes;
    }

    public int slots() {
        return admission.slots;
    }

    public int contextTokens() {
        return admission.contextTokens;
    }

    public int maxChoices() {
        return admission.maxChoices;
    }

    public int queueRequests() {
        return admission.queueRequests;
    }

    public long queueTokens() {
        return admission.queueTokens;
    }

    private static void check(boolean holds, String rule, long given) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ", got " + given);
        }
    }
}
