package dev.tramontane.stages;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Frames as they come in by a connection, their lengths held against what the reader expects before anything is taken for them. One thread reads; how long it has
 * waited any may ask.
 */
final class FrameReader {
    private final InputStream in;
    private final byte[] piece = new byte[FrameWriter.PIECE];
    private final byte[] header = new byte[FrameWriter.HEADER];
    private volatile long bytes;
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean reads;
    private ByteBuffer small = Fields.room(0);
    private int bulkLeft;

    FrameReader(InputStream in) {
        this.in = in;
    }

    /**
     * Waits for the next frame that is no pulse. The bulk of the one before has been read.
     *
     * @param mostSmall bytes of its data that may be
     * @param mostBulk bytes of its bulk that may be
     * @throws WireException when it is larger, or none
     */
    Kind receive(int mostSmall, long mostBulk) throws IOException {
        heardNanos = System.nanoTime();
        reads = true;
        try {
            while (true) {
                Kind kind = frame(mostSmall, mostBulk);
                if (kind != Kind.PULSE) {
                    return kind;
                }
            }
        } finally {
            reads = false;
        }
    }

    private Kind frame(int mostSmall, long mostBulk) throws IOException {
        readFully(header, FrameWriter.HEADER);
        ByteBuffer head = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        Kind kind = Kind.of(head.getInt());
        long length = Integer.toUnsignedLong(head.getInt());
        long bulk = Integer.toUnsignedLong(head.getInt());
        if (kind == null) {
            throw new WireException("a frame came that is none of the wire's");
        }
        boolean pulse = kind == Kind.PULSE;
        if (length > (pulse ? 0 : mostSmall) || bulk > (pulse ? 0 : mostBulk)) {
            throw new WireException("a frame " + kind + " came with " + length + " and " + bulk + " bytes, more than "
                    + (pulse ? 0 : mostSmall) + " and " + (pulse ? 0 : mostBulk));
        }
        if (small.capacity() < length) {
            small = Fields.room((int) length);
        }
        small.clear().limit((int) length);
        readFully(small.array(), (int) length);
        bulkLeft = (int) bulk;
        return kind;
    }

    /** The small data of the frame that was received, little-endian; until the next. */
    ByteBuffer small() {
        return small;
    }

    /** The small data as words, in one line. */
    String words() {
        return new String(small.array(), small.arrayOffset(), small.limit(), StandardCharsets.UTF_8)
                .replaceAll("\\p{Cntrl}", " ");
    }

    /** Bytes of its bulk that were not read yet. */
    int bulk() {
        return bulkLeft;
    }

    /** Reads bytes of the bulk into a buffer, as many as it has remaining. */
    void readBulk(ByteBuffer to) throws IOException {
        if (to.remaining() > bulkLeft) {
            throw new WireException("a frame's bulk has " + bulkLeft + " bytes where " + to.remaining() + " belong");
        }
        heardNanos = System.nanoTime();
        reads = true;
        try {
            while (to.hasRemaining()) {
                int count = Math.min(to.remaining(), piece.length);
                readFully(piece, count);
                to.put(piece, 0, count);
                bulkLeft -= count;
            }
        } finally {
            reads = false;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // The one reader alone.
    private void readFully(byte[] to, int length) throws IOException {
        int at = 0;
        while (at < length) {
            int count = in.read(to, at, length - at);
            if (count < 0) {
                throw new EOFException();
            }
            heardNanos = System.nanoTime();
            bytes += count;
            at += count;
        }
    }

    /** How long whoever reads has heard nothing; 0 where nobody reads. Any thread. */
    long waitedNanos() {
        return reads ? System.nanoTime() - heardNanos : 0;
    }

    /** Bytes that came. Any thread. */
    long bytes() {
        return bytes;
    }
}
