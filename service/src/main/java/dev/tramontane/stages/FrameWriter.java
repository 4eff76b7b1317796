package dev.tramontane.stages;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Frames on their way out of a connection, each whole, whoever sends: kind, lengths of small data and bulk, then these. Any thread. */
final class FrameWriter {
    static final int HEADER = 3 * Integer.BYTES;
    static final int PIECE = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final OutputStream out;
    private final ReentrantLock writing = new ReentrantLock();
    private final byte[] piece = new byte[PIECE];
    private volatile long bytes;
    private volatile long movedNanos = System.nanoTime();
    private volatile boolean writes;

    FrameWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * Sends a frame. Blocks as long as the other side takes to read it.
     *
     * @param small its data, from position to limit; all buffers' positions stay
     * @param bulk what follows, in pieces
     * @throws IllegalArgumentException when they are 2 GiB or more together
     */
    void send(Kind kind, ByteBuffer small, List<ByteBuffer> bulk) throws IOException {
        writing.lock();
        try {
            write(kind, small, bulk);
        } finally {
            writing.unlock();
        }
    }

    /** Sends a frame without data, unless somebody is sending one, which shows as well that this side lives. */
    void sendIfIdle(Kind kind) throws IOException {
        if (writing.tryLock()) {
            try {
                write(kind, NOTHING, List.of());
            } finally {
                writing.unlock();
            }
        }
    }

    private void write(Kind kind, ByteBuffer small, List<ByteBuffer> bulk) throws IOException {
        long length = 0;
        for (ByteBuffer each : bulk) {
            length += each.remaining();
        }
        if (length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a frame has less than 2 GiB, not " + length + " bytes");
        }
        ByteBuffer head = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(kind.number).putInt(small.remaining()).putInt((int) length);
        movedNanos = System.nanoTime();
        writes = true;
        try {
            int at = copy(small, HEADER);
            for (ByteBuffer each : bulk) {
                at = copy(each, at);
            }
            flush(at);
            out.flush();
        } finally {
            writes = false;
        }
    }

    /** Puts data into the piece, writing what does not fit; returns where the piece is filled to. */
    private int copy(ByteBuffer from, int at) throws IOException {
        ByteBuffer rest = from.duplicate();
        int filled = at;
        while (rest.remaining() > PIECE - filled) {
            int count = PIECE - filled;
            rest.get(piece, filled, count);
            flush(PIECE);
            filled = 0;
        }
        int count = rest.remaining();
        rest.get(piece, filled, count);
        return filled + count;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // The lock's holder alone.
    private void flush(int count) throws IOException {
        out.write(piece, 0, count);
        movedNanos = System.nanoTime();
        bytes += count;
    }

    /** How long whoever writes has waited for the other side to take something; 0 where nobody writes. Any thread. */
    long waitedNanos() {
        return writes ? System.nanoTime() - movedNanos : 0;
    }

    /** Bytes that went. Any thread. */
    long bytes() {
        return bytes;
    }
}
