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
 * @param adapters room for adapters
 */
public record CacheConfig(
        DType kvType,
        int pageTokens,
        int slots,
        int maxRows,
        int maxSpans,
        int maxSamples,
        List<Integer> groupPages,
        List<Integer> groupRings,
        AdapterRoom adapters) {

    /**
     * @param most adapters at a time; 0 for none
     * @param rank the largest of any part; 0 without adapters
     * @param type F32, F16 or BF16, to which they are rounded as they are loaded
     */
    public record AdapterRoom(int most, int rank, DType type) {
        public static final AdapterRoom NONE = new AdapterRoom(0, 0, DType.F32);
    }

    /** Without adapters. */
    public CacheConfig(
            DType kvType,
            int pageTokens,
            int slots,
            int maxRows,
            int maxSpans,
            int maxSamples,
            List<Integer> groupPages,
            List<Integer> groupRings) {
        this(kvType, pageTokens, slots, maxRows, maxSpans, maxSamples, groupPages, groupRings, AdapterRoom.NONE);
    }

    public CacheConfig {
        groupPages = List.copyOf(groupPages);
        groupRings = List.copyOf(groupRings);
        if (groupPages.isEmpty() || groupPages.size() > Layouts.MAX_GROUPS || groupPages.size() != groupRings.size()) {
            throw new IllegalArgumentException("pages and rings of 1 to " + Layouts.MAX_GROUPS
                    + " groups are needed, got " + groupPages.size() + " and " + groupRings.size());
        }
    }
}
