package dev.tramontane.stages;

import java.io.IOException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection between a head and a stage: greeted once, then frames both ways until it breaks or is closed, with a {@link Vigil} over it. One thread reads, any
 * write. What ends it is said in words for people.
 */
final class Link implements AutoCloseable, Vigil.Watched {
    private final Socket plain;
    private final Duration silence;
    private final Vigil vigil;
    private volatile boolean closed;
    private volatile @Nullable String broken;
    private Duration othersSilence;

    @SuppressWarnings("NullAway.Init") // Set by greet(), before anything is read or written.
    private volatile FrameReader reader;

    @SuppressWarnings("NullAway.Init")
    private volatile FrameWriter writer;

    /**
     * @param plain connected; closed with this
     * @param silence after so long without a byte the other side is lost
     */
    Link(Socket plain, Duration silence) throws IOException {
        this(plain, silence, Vigil.greeting(silence));
    }

    /** @param greeting may take so long */
    Link(Socket plain, Duration silence, Duration greeting) throws IOException {
        this.plain = plain;
        this.silence = silence;
        othersSilence = silence;
        plain.setOption(StandardSocketOptions.TCP_NODELAY, true);
        vigil = new Vigil(this, silence, greeting);
    }

    /** How a socket becomes one that can be trusted. */
    interface Securing {
        Socket secured(Socket plain) throws IOException;
    }

    /** Makes the connection private where that is wanted, then greets. */
    void greet(Securing securing, Greeting.Role role, byte @Nullable [] secret) throws IOException {
        try {
            Socket socket = securing.secured(plain);
            othersSilence = Greeting.exchange(socket.getInputStream(), socket.getOutputStream(), role, secret, silence);
            writer = new FrameWriter(socket.getOutputStream());
            reader = new FrameReader(socket.getInputStream());
        } catch (IOException failure) {
            throw told(failure);
        }
    }

    /** From now on silence breaks it, and nothing else. */
    void established() {
        vigil.established(othersSilence);
    }

    /** As {@link FrameWriter#send}. */
    void send(Kind kind, ByteBuffer small, List<ByteBuffer> bulk) throws IOException {
        try {
            writer.send(kind, small, bulk);
        } catch (IOException failure) {
            throw told(failure);
        }
    }

    /** Sends a frame of words, cut where they are too many. */
    void send(Kind kind, String words) throws IOException {
        send(kind, Words.encoded(words), List.of());
    }

    /** As {@link FrameReader#receive}. */
    Kind receive(int mostSmall, long mostBulk) throws IOException {
        try {
            return reader.receive(mostSmall, mostBulk);
        } catch (IOException failure) {
            throw told(failure);
        }
    }

    /** As {@link FrameReader#small}. */
    ByteBuffer small() {
        return reader.small();
    }

    /** As {@link FrameReader#words}. */
    String words() {
        return reader.words();
    }

    /** As {@link FrameReader#bulk}. */
    int bulk() {
        return reader.bulk();
    }

    /** As {@link FrameReader#readBulk}. */
    void readBulk(ByteBuffer to) throws IOException {
        try {
            reader.readBulk(to);
        } catch (IOException failure) {
            throw told(failure);
        }
    }

    /** Bytes that came. Any thread. */
    long bytesIn() {
        return reader.bytes();
    }

    /** Bytes that went. Any thread. */
    long bytesOut() {
        return writer.bytes();
    }

    @Override
    public Optional<String> overdue(Duration most) {
        if (reader.waitedNanos() > most.toNanos()) {
            return Optional.of("nothing was heard of it for " + Vigil.told(most));
        }
        return writer.waitedNanos() > most.toNanos()
                ? Optional.of("it took nothing for " + Vigil.told(most))
                : Optional.empty();
    }

    @Override
    public void pulse() {
        try {
            writer.sendIfIdle(Kind.PULSE);
        } catch (IOException broke) {
            breakOff(Words.of(broke)); // The reader hears of it.
        }
    }

    @Override
    public void breakOff(String why) {
        if (broken == null && !closed) {
            broken = why;
        }
        closeSocket();
    }

    /** Whether it was broken off or closed from this side. Any thread. */
    boolean isOver() {
        return plain.isClosed();
    }

    /** A failure as people are told of it. */
    private IOException told(IOException failure) {
        String why = broken;
        return why == null ? failure : new WireException(why);
    }

    /** Whoever reads or writes hears of it. Any thread. */
    @Override
    public void close() {
        closed = true;
        closeSocket();
        vigil.close();
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
