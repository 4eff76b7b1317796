package dev.tramontane.structure;

/**
 * What a structure may cost. All are counts, so that the same structure is refused on every machine.
 *
 * @param sourceCharacters of a pattern, or of all choices together, in UTF-16 units
 * @param nesting of groups within each other
 * @param nodes of the network
 * @param positions that a text may be at together, where a structure is ambiguous
 * @param moves between positions for one mask or one token
 * @param states made for one mask or one token
 * @param cacheBytes of states and masks that are kept, as far as they are counted; beyond it they are made anew
 */
public record StructureLimits(
        int sourceCharacters, int nesting, int nodes, int positions, int moves, int states, long cacheBytes) {
    /** 256 thousand characters, 64 levels, half a million nodes, 32 MiB kept; a million moves take about a tenth of a second. */
    public static final StructureLimits DEFAULT =
            new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 32L << 20);

    public StructureLimits {
        if (sourceCharacters < 1 || nesting < 1 || nodes < 1 || positions < 1 || moves < 1 || states < 1) {
            throw new IllegalArgumentException("a limit below 1");
        }
        if (cacheBytes < 1 << 16) {
            throw new IllegalArgumentException("a cache of " + cacheBytes + " bytes, which is less than 65536");
        }
    }
}
