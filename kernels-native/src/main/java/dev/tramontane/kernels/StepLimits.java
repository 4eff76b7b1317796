package dev.tramontane.kernels;

import java.util.List;

/**
 * What a step is checked against: the model's groups and vocabulary and the cache's sizes.
 *
 * @param maxEdits entries of all page tables
 */
record StepLimits(
        int vocabulary,
        int slots,
        int maxRows,
        int maxSpans,
        int maxSamples,
        long maxEdits,
        List<Integer> groupPages,
        List<Integer> groupRings) {

    static StepLimits of(ContextConfig model, CacheConfig cache) {
        return new StepLimits(
                model.vocabulary(),
                cache.slots(),
                cache.maxRows(),
                cache.maxSpans(),
                cache.maxSamples(),
                cache.groupRings().stream().mapToLong(ring -> ring).sum() * cache.slots(),
                cache.groupPages(),
                cache.groupRings());
    }
}
