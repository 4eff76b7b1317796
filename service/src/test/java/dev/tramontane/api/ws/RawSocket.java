package dev.tramontane.api.ws;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A WebSocket client that does what it is told, however wrong: bytes over a plain socket. */
final class RawSocket implements AutoCloseable {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final int PATIENCE_MILLIS = 180_000;
    private static final String NO_CODE = "connection closed without a close frame";

    /** The connection ends, as far as its client can tell, after some bytes. */
    private static final class Bounded extends FilterInputStream {
        long left = Long.MAX_VALUE;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int most) throws IOException {
            int read = left == 0 ? -1 : super.read(into, from, (int) Math.min(most, left));
            left -= Math.max(0, read);
            return read;
        }
    }

    record Frame(int opcode, boolean last, byte[] payload) {}

    private final Socket socket = new Socket();
    private final Bounded received;
    private final DataInputStream in;
    final String head;

    /** Bytes that are written at a time. */
    int piece = Integer.MAX_VALUE / 2;

    /** Whether pings are answered, as any client library does. */
    boolean answersPings = true;

    /** @param receiveBuffer bytes the kernel may hold for this client; 0 for its default */
    private RawSocket(int port, int receiveBuffer, String... headers) throws IOException {
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
        received = new Bounded(socket.getInputStream());
        in = new DataInputStream(received);
        StringBuilder request = new StringBuilder("GET /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        write(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (!read.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            read.write(in.readByte());
        }
        head = read.toString(StandardCharsets.US_ASCII);
    }

    static RawSocket open(int port, String... headers) throws IOException {
        return new RawSocket(port, 0, headers);
    }

    /** One whose kernel takes little on its behalf, so that not reading is felt soon. */
    static RawSocket small(int port) throws IOException {
        return new RawSocket(port, 2048);
    }

    int status() {
        return Integer.parseInt(head.substring(9, 12));
    }

    // ---- to the server

    void send(JsonObject message) throws IOException {
        send(message.encode());
    }

    void send(String text) throws IOException {
        frame(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    void frame(int opcode, boolean last, byte[] payload) throws IOException {
        frame((last ? 0x80 : 0) | opcode, true, payload.length, payload);
    }

    /** @param first the frame's first byte, with its reserved bits */
    void frame(int first, boolean masked, long length, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        int mask = masked ? 0x80 : 0;
        frame.put((byte) first);
        if (length < 126) {
            frame.put((byte) (mask | (int) length));
        } else if (length < 65536) {
            frame.put((byte) (mask | 126)).putShort((short) length);
        } else {
            frame.put((byte) (mask | 127)).putLong(length);
        }
        if (masked) {
            frame.putInt(0); // A mask of zeros leaves the payload as it is.
        }
        frame.put(payload);
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        write(bytes);
    }

    /** So many pings that come at once, however busy this side's machine is. */
    void pings(int count) throws IOException {
        byte[] one = {(byte) (0x80 | PING), (byte) 0x80, 0, 0, 0, 0};
        ByteBuffer all = ByteBuffer.allocate(count * one.length);
        while (all.hasRemaining()) {
            all.put(one);
        }
        write(all.array());
    }

    void closeFrame(int code) throws IOException {
        frame(CLOSE, true, ByteBuffer.allocate(2).putShort((short) code).array());
    }

    private void write(byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; at += piece) {
            socket.getOutputStream().write(bytes, at, Math.min(piece, bytes.length - at));
        }
    }

    // ---- from the server

    Frame next() throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte();
        long bytes = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
        byte[] payload = new byte[Math.toIntExact(bytes)];
        in.readFully(payload); // A frame that was cut short is none.
        return new Frame(first & 15, (first & 0x80) != 0, payload);
    }

    /** The next event; its text must be strict UTF-8. */
    JsonObject event() throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (true) {
            Frame frame = next();
            switch (frame.opcode()) {
                case PING -> {
                    if (answersPings) {
                        frame(PONG, true, frame.payload());
                    }
                }
                case PONG -> {}
                case TEXT, CONTINUATION -> {
                    message.writeBytes(frame.payload());
                    if (frame.last()) {
                        return new JsonObject(strict(message.toByteArray()));
                    }
                }
                default ->
                    throw new EOFException("an event was expected, got opcode " + frame.opcode() + " "
                            + new String(frame.payload(), StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Events up to and with the one that ends a response, or an error. */
    List<JsonObject> response() throws IOException {
        List<JsonObject> events = new ArrayList<>();
        while (true) {
            JsonObject event = event();
            events.add(event);
            switch (event.getString("type")) {
                case "response.completed", "response.incomplete", "response.failed", "error" -> {
                    return events;
                }
                default -> {}
            }
        }
    }

    /** The code the server closes with, whatever it sent before. */
    int closeCode() throws IOException {
        while (true) {
            Frame frame;
            try {
                frame = next();
            } catch (EOFException | SocketException gone) {
                throw new AssertionError(NO_CODE, gone);
            }
            if (frame.opcode() == CLOSE) {
                return ByteBuffer.wrap(frame.payload()).getShort();
            }
        }
    }

    /** Whether the connection ends: nothing but the end is left to read. */
    boolean ends() throws IOException {
        try {
            while (true) {
                next();
            }
        } catch (EOFException | SocketException gone) {
            return true;
        }
    }

    private static String strict(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException broken) {
            throw new AssertionError("an event was not UTF-8", broken);
        }
    }

    /** So many bytes more, and then the end. */
    void readNoMoreThan(long bytes) {
        received.left = bytes;
    }

    /** Goes away without a word, as a closed laptop does. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
