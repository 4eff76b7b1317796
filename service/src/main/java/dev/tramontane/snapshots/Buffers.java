package dev.tramontane.snapshots;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** Direct buffers for a block each: as many as there are, blocks may be on their way. Any thread. */
final class Buffers {
    /** All together about so much, but at least two blocks. */
    private static final long BYTES = 32 << 20;

    private static final int MOST = 32;

    private final BlockingQueue<ByteBuffer> free;

    /** @param blockBytes of the largest block */
    Buffers(int blockBytes) {
        int count = count(blockBytes);
        free = new ArrayBlockingQueue<>(count);
        for (int i = 0; i < count; i++) {
            free.add(ByteBuffer.allocateDirect(blockBytes));
        }
    }

    static int count(int blockBytes) {
        return Math.clamp(BYTES / blockBytes, 2, MOST);
    }

    /** Null when all are in use. */
    @Nullable
    ByteBuffer poll() {
        return free.poll();
    }

    /** Waits for one. */
    ByteBuffer take() throws InterruptedException {
        return free.take();
    }

    void giveBack(ByteBuffer buffer) {
        if (!free.offer(buffer.clear())) {
            throw new IllegalStateException("a buffer was given back twice");
        }
    }
}
