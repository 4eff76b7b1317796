package dev.tramontane.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A growing off-heap array of equal entries, kept from step to step. Shared between threads only by hand-over, as its
 * owner is.
 */
final class Column implements AutoCloseable {
    /** Entries are structs with 8-byte fields at most. */
    private static final long ALIGNMENT = 8;

    private final long entryBytes;
    private Arena arena;
    private MemorySegment memory;
    private int count;

    @SuppressWarnings("MustBeClosedChecker") // closed by close() or replaced by reserve()
    Column(long entryBytes, int capacity) {
        this.entryBytes = entryBytes;
        arena = Arena.ofShared();
        memory = arena.allocate(Math.multiplyExact(entryBytes, (long) capacity), ALIGNMENT);
    }

    int count() {
        return count;
    }

    /** Bytes of the entries. */
    long used() {
        return count * entryBytes;
    }

    /** Byte offset of the last entry; there must be one. */
    long last() {
        return (count - 1) * entryBytes;
    }

    void clear() {
        count = 0;
    }

    /** The memory; replaced whenever the column grows, so not to be kept. */
    MemorySegment memory() {
        return memory;
    }

    /** Makes {@code more} entries and returns the byte offset of the first; their contents are undefined. */
    long add(int more) {
        reserve(Math.addExact(count, more));
        long at = count * entryBytes;
        count += more;
        return at;
    }

    /** Makes room for {@code entries} in all; contents are kept. */
    @SuppressWarnings("MustBeClosedChecker") // closed by close() or by the next growth
    void reserve(int entries) {
        long needed = Math.multiplyExact(entryBytes, (long) entries);
        if (needed <= memory.byteSize()) {
            return;
        }
        Arena larger = Arena.ofShared();
        MemorySegment copy = larger.allocate(Math.max(needed, memory.byteSize() * 2), ALIGNMENT);
        MemorySegment.copy(memory, 0, copy, 0, count * entryBytes);
        arena.close();
        arena = larger;
        memory = copy;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
