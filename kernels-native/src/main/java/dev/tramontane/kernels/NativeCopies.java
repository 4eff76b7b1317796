package dev.tramontane.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Native memory for copies of data that lies at odd addresses in a mapped file, where kernels cannot read it. The copies
 * live until {@link #close}. Any thread.
 */
public final class NativeCopies implements AutoCloseable {
    @SuppressWarnings("MustBeClosedChecker") // lives as long as the object and is closed with it
    private final Arena arena = Arena.ofShared();

    /**
     * Copies {@code source}.
     *
     * @param alignment of the copy in bytes, a power of two
     * @return the copy, read-only
     * @throws OutOfMemoryError when there is no room for it
     */
    public MemorySegment copy(MemorySegment source, long alignment) {
        return arena.allocate(source.byteSize(), alignment).copyFrom(source).asReadOnly();
    }

    /** Frees all copies; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
