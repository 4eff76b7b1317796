package dev.tramontane.stages;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One end of the wire by hand: says what it is told to, sound or not. */
final class Peer implements AutoCloseable {
    private static final Duration PATIENT = Duration.ofMinutes(5);

    private final Socket socket;
    private final Greeting.Role role;

    Peer(Socket socket, Greeting.Role role) {
        this.socket = socket;
        this.role = role;
    }

    String address() {
        return String.valueOf(socket.getLocalSocketAddress());
    }

    void greet() throws IOException {
        Greeting.exchange(socket.getInputStream(), socket.getOutputStream(), role, null, PATIENT);
    }

    /** A greeting of another version, role or secret. */
    static byte[] greeting(int version, int role, int secret, int length) {
        return ByteBuffer.allocate(length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("TMST".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) version)
                .put((byte) role)
                .put((byte) secret)
                .array();
    }

    void say(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    /** A frame's header, whatever follows. */
    void header(int kind, int small, int bulk) throws IOException {
        say(Fields.room(FrameWriter.HEADER)
                .putInt(kind)
                .putInt(small)
                .putInt(bulk)
                .array());
    }

    /** A sound frame. */
    void frame(Kind kind, ByteBuffer small, int bulk) throws IOException {
        header(kind.number, small.remaining(), bulk);
        byte[] bytes = new byte[small.remaining()];
        small.duplicate().get(bytes);
        say(bytes);
        say(new byte[bulk]);
    }

    void frame(Kind kind) throws IOException {
        frame(kind, ByteBuffer.allocate(0), 0);
    }

    /** Takes the next frame that is no pulse. */
    void take() throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] header = new byte[FrameWriter.HEADER];
        ByteBuffer head = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        do {
            in.readFully(header);
            in.skipNBytes(head.getInt(4) + (long) head.getInt(8));
        } while (head.getInt(0) == Kind.PULSE.number);
    }

    /** Says nothing more, and hears until the other side leaves. */
    void hearOut() throws IOException {
        socket.shutdownOutput();
        listen();
    }

    /** Hears until the other side leaves. */
    void listen() throws IOException {
        byte[] heard = new byte[1 << 12];
        while (socket.getInputStream().read(heard) >= 0) {
            // Whatever it says.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
