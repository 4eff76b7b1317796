package dev.tramontane.model;

import java.util.List;

/**
 * Sizes of the key/value cache and of a step.
 *
 * @param pageTokens positions of a page: 16, 32, 64, 128 or 256
 * @param slots sequences that may hold pages at a time
 * @param maxRows most tokens of a step
 * @param maxSpans most sequences of a step
 * @param maxSamples most sampled or scored rows of a step
 * @param type what keys and values are kept as
 * @param groups pages and ring length, one entry per {@link ModelGeometry#groups()}
 * @param adapters room for adapters
 */
public record CacheShape(
        int pageTokens,
        int slots,
        int maxRows,
        int maxSpans,
        int maxSamples,
        CacheType type,
        List<Group> groups,
        AdapterRoom adapters) {

    /**
     * @param pages pages of the group's pool
     * @param ring page table entries of a slot: position p lies in {@code table[(p / pageTokens) % ring]}
     */
    public record Group(int pages, int ring) {}

    /** Without adapters. */
    public CacheShape(
            int pageTokens, int slots, int maxRows, int maxSpans, int maxSamples, CacheType type, List<Group> groups) {
        this(pageTokens, slots, maxRows, maxSpans, maxSamples, type, groups, AdapterRoom.NONE);
    }

    public CacheShape {
        groups = List.copyOf(groups);
    }

    /** The same with another number of sampled or scored rows. */
    public CacheShape withMaxSamples(int samples) {
        return new CacheShape(pageTokens, slots, maxRows, maxSpans, samples, type, groups, adapters);
    }
}
