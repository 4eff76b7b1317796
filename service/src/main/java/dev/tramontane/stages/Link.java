package dev.tramontane.stages;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection between a head and a stage: frames of a kind, some small data and a bulk, their lengths first and bounded by what the reader expects.
 * One thread reads, any write. A thread of its own says now and then that this side lives, and another one, which never waits for the other side, breaks
 * the connection when no byte comes, or none goes, for longer than may be; until {@link #established} it breaks it when greeting takes as long.
 */
final class Link implements AutoCloseable {
    private static final int HEADER = 12;
    private static final int PIECE = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Socket plain;
    private final long silenceNanos;
    private final Thread watch;
    private final Thread pulses;
    private final ReentrantLock writing = new ReentrantLock();
    private final byte[] outPiece = new byte[PIECE];
    private final byte[] inPiece = new byte[PIECE];
    private final byte[] header = new byte[HEADER];

    /** For the bytes that came in and went out; any thread. */
    private volatile long bytesIn;

    private volatile long bytesOut;
    private volatile long heardNanos = System.nanoTime();
    private volatile long writtenNanos = System.nanoTime();
    private volatile boolean reads;
    private volatile boolean writes;
    private volatile boolean established;
    private volatile boolean closed;
    private volatile @Nullable String broken;

    @SuppressWarnings("NullAway.Init") // Set by secure(), before anything is read or written.
    private InputStream in;

    @SuppressWarnings("NullAway.Init")
    private OutputStream out;

    private ByteBuffer meta = NOTHING;
    private int bulkLeft;

    /**
     * @param plain connected; closed with this
     * @param silence after so long without a byte the other side is lost
     */
    Link(Socket plain, Duration silence) throws IOException {
        this.plain = plain;
        silenceNanos = silence.toNanos();
        plain.setOption(StandardSocketOptions.TCP_NODELAY, true);
        watch = Thread.ofPlatform().daemon().name("stage-watch").start(this::watch);
        pulses = Thread.ofPlatform().daemon().name("stage-pulse").start(this::pulses);
    }

    /** How a socket becomes one that can be trusted. */
    interface Securing {
        Socket secured(Socket plain) throws IOException;
    }

    /** Makes the connection private where that is wanted, then greets. */
    void greet(Securing securing, Greeting.Role role, byte @Nullable [] secret) throws IOException {
        try {
            Socket socket = securing.secured(plain);
            in = socket.getInputStream();
            out = socket.getOutputStream();
            Greeting.exchange(in, out, role, secret);
        } catch (IOException failure) {
            throw told(failure);
        }
    }

    /** From now on silence breaks it, and nothing else. */
    void established() {
        heardNanos = System.nanoTime();
        established = true;
    }

    // ---- out

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
        } catch (IOException failure) {
            throw told(failure);
        } finally {
            writing.unlock();
        }
    }

    /** Sends a frame of words. */
    void send(Kind kind, String words) throws IOException {
        send(kind, ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)), List.of());
    }

    private void write(Kind kind, ByteBuffer small, List<ByteBuffer> bulk) throws IOException {
        long bytes = 0;
        for (ByteBuffer each : bulk) {
            bytes += each.remaining();
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a frame has less than 2 GiB, not " + bytes + " bytes");
        }
        ByteBuffer head = ByteBuffer.wrap(outPiece).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(kind.number).putInt(small.remaining()).putInt((int) bytes);
        writtenNanos = System.nanoTime();
        writes = true;
        try {
            int at = copy(small, HEADER);
            for (ByteBuffer each : bulk) {
                at = copy(each, at);
            }
            flushPiece(at);
            out.flush();
        } finally {
            writes = false;
        }
    }

    /** Puts the small data behind the header, writing what does not fit; returns where the piece is filled to. */
    private int copy(ByteBuffer from, int at) throws IOException {
        ByteBuffer rest = from.duplicate();
        int filled = at;
        while (rest.remaining() > PIECE - filled) {
            int count = PIECE - filled;
            rest.get(outPiece, filled, count);
            flushPiece(PIECE);
            filled = 0;
        }
        int count = rest.remaining();
        rest.get(outPiece, filled, count);
        return filled + count;
    }

    private void flushPiece(int count) throws IOException {
        out.write(outPiece, 0, count);
        writtenNanos = System.nanoTime();
        wrote(count);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // The lock's holder alone.
    private void wrote(int count) {
        bytesOut += count;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // The one reader alone.
    private void read(int count) {
        bytesIn += count;
    }

    // ---- in

    /**
     * Waits for the next frame that is no pulse. Its bulk has to be read by {@link #readBulk} before the next.
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
        } catch (IOException failure) {
            throw told(failure);
        } finally {
            reads = false;
        }
    }

    private Kind frame(int mostSmall, long mostBulk) throws IOException {
        readFully(header, HEADER);
        ByteBuffer head = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        Kind kind = Kind.of(head.getInt());
        long small = Integer.toUnsignedLong(head.getInt());
        long bulk = Integer.toUnsignedLong(head.getInt());
        if (kind == null) {
            throw new WireException("a frame came that is none of the wire's");
        }
        boolean pulse = kind == Kind.PULSE;
        if (small > (pulse ? 0 : mostSmall) || bulk > (pulse ? 0 : mostBulk)) {
            throw new WireException("a frame " + kind + " came with " + small + " and " + bulk + " bytes, more than "
                    + (pulse ? 0 : mostSmall) + " and " + (pulse ? 0 : mostBulk));
        }
        if (meta.capacity() < small) {
            meta = ByteBuffer.allocate((int) small).order(ByteOrder.LITTLE_ENDIAN);
        }
        meta.clear().limit((int) small);
        if (small > 0) {
            readFully(meta.array(), (int) small);
        }
        bulkLeft = (int) bulk;
        return kind;
    }

    /** The small data of the frame that was received, little-endian; until the next. */
    ByteBuffer small() {
        return meta;
    }

    /** The small data as words, in one line. */
    String words() {
        return new String(meta.array(), meta.arrayOffset(), meta.limit(), StandardCharsets.UTF_8)
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
        reads = true;
        try {
            while (to.hasRemaining()) {
                int count = Math.min(to.remaining(), PIECE);
                readFully(inPiece, count);
                to.put(inPiece, 0, count);
                bulkLeft -= count;
            }
        } catch (IOException failure) {
            throw told(failure);
        } finally {
            reads = false;
        }
    }

    private void readFully(byte[] to, int length) throws IOException {
        int at = 0;
        while (at < length) {
            int count = in.read(to, at, length - at);
            if (count < 0) {
                throw new EOFException();
            }
            heardNanos = System.nanoTime();
            read(count);
            at += count;
        }
    }

    // ---- the watch

    private void watch() {
        long begun = System.nanoTime();
        while (!closed) {
            LockSupport.parkNanos(period());
            long now = System.nanoTime();
            if (!established) {
                if (now - begun > silenceNanos) {
                    breakOff("it did not greet in " + seconds());
                }
            } else if (reads && now - heardNanos > silenceNanos) {
                breakOff("nothing was heard of it for " + seconds());
            } else if (writes && now - writtenNanos > silenceNanos) {
                breakOff("it took nothing for " + seconds());
            }
        }
    }

    private long period() {
        return Math.max(1_000_000, silenceNanos / 4);
    }

    /** A pulse may wait for the other side, too: the watch sees to that. */
    private void pulses() {
        while (!closed) {
            LockSupport.parkNanos(period());
            if (established && !closed) {
                pulse();
            }
        }
    }

    /** Whoever writes already shows that this side lives. */
    private void pulse() {
        if (writing.tryLock()) {
            try {
                write(Kind.PULSE, NOTHING, List.of());
            } catch (IOException broke) {
                breakOff(Words.of(broke)); // The reader hears of it.
            } finally {
                writing.unlock();
            }
        }
    }

    private String seconds() {
        Duration silence = Duration.ofNanos(silenceNanos);
        return silence.toMillis() < 1000 ? silence.toMillis() + " ms" : silence.toSeconds() + " s";
    }

    private void breakOff(String why) {
        if (broken == null && !closed) {
            broken = why;
        }
        closeSocket();
    }

    /** A failure as people are told of it. */
    private IOException told(IOException failure) {
        String why = broken;
        return why == null ? failure : new WireException(why);
    }

    /** Bytes that came. Any thread. */
    long bytesIn() {
        return bytesIn;
    }

    /** Bytes that went. Any thread. */
    long bytesOut() {
        return bytesOut;
    }

    /** Whoever reads or writes hears of it. Any thread. */
    @Override
    public void close() {
        closed = true;
        closeSocket();
        LockSupport.unpark(watch);
        LockSupport.unpark(pulses);
    }

    /** The plain one: closing TLS may wait for a writer that waits for the other side. */
    private void closeSocket() {
        try {
            plain.close();
        } catch (IOException already) {
            // Nothing of it is used any more.
        }
    }
}
