package dev.tramontane.kernels;

/**
 * What a context holds, in bytes.
 *
 * @param weightsInPlace used straight from the caller's memory
 * @param weightsRepacked owned copies
 * @param cache keys and values
 * @param workspace of a step
 * @param adapters room for adapters, loaded or not
 */
public record MemoryUse(long weightsInPlace, long weightsRepacked, long cache, long workspace, long adapters) {

    /** What both hold. */
    public MemoryUse plus(MemoryUse other) {
        return new MemoryUse(
                weightsInPlace + other.weightsInPlace,
                weightsRepacked + other.weightsRepacked,
                cache + other.cache,
                workspace + other.workspace,
                adapters + other.adapters);
    }
}
