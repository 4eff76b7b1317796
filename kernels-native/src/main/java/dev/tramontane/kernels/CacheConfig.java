package dev.tramontane.kernels;

import java.util.List;

/**
 * Sizes of the cache and of a step's workspace: {@code tm_cache_config} of tramontane.h.
 *
 * @param kvType F32 or F16
 * @param pageTokens 16, 32, 64, 128 or 256
 * @param slots sequences that may hold pages at a time
 * @param maxRows most tokens of a step
 * @param maxSpans most spans of a step
 * @param maxSamples most samples of a step
 * @param groupPages pages of each group's pool
 * @param groupRings page table entries of a slot, by group
 */
public record CacheConfig(
        DType kvType,
        int pageTokens,
        int slots,
        int maxRows,
        int maxSpans,
        int maxSamples,
        List<Integer> groupPages,
        List<Integer> groupRings) {
    public CacheConfig {
        groupPages = List.copyOf(groupPages);
        groupRings = List.copyOf(groupRings);
        if (groupPages.isEmpty() || groupPages.size() > Layouts.MAX_GROUPS || groupPages.size() != groupRings.size()) {
            throw new IllegalArgumentException("pages and rings of 1 to " + Layouts.MAX_GROUPS
                    + " groups are needed, got " + groupPages.size() + " and " + groupRings.size());
        }
    }
}
