package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client of HTTP and WebSocket that does what it is told, however wrong: bytes over a plain socket. */
final class RawClient implements AutoCloseable {
    static final int TEXT = 1;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final int PATIENCE_MILLIS = 180_000;

    /** @param head the status line and headers, lower case, without the empty line */
    record Answer(int status, String head, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        boolean closes() {
            return head.contains("connection: close");
        }
    }

    /** Whether {@link #event} answers pings, as clients do. */
    boolean answersPings = true;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    RawClient(int port) throws IOException {
        socket.setReceiveBufferSize(4096);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(socket.getInputStream());
    }

    static String post(String path, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    }

    static String upgrade() {
        return String.join(
                "\r\n",
                "GET /v1/responses HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version: 13",
                "",
                "");
    }

    /** A frame of a client, its mask zero, which leaves the payload as it is. */
    static byte[] frame(int opcode, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14).put((byte) (0x80 | opcode));
        if (payload.length < 126) {
            frame.put((byte) (0x80 | payload.length));
        } else {
            frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
        }
        frame.putInt(0).put(payload);
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        return bytes;
    }

    static byte[] message(JsonObject message) {
        return frame(TEXT, message.encode().getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** The next answer, whole, its chunks joined. */
    Answer answer() throws IOException {
        String head = head();
        int status = Integer.parseInt(head.substring(9, 12));
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (head.contains("transfer-encoding: chunked")) {
            for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
                body.write(chunk);
            }
        } else if (head.contains("content-length: ")) {
            String length = head.replaceAll("(?s).*content-length: (\\d+).*", "$1");
            body.write(exactly(Integer.parseInt(length)));
        }
        return new Answer(status, head, body.toString(StandardCharsets.UTF_8));
    }

    /** The next answer's head. */
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append(line).append('\n');
        }
        return head.toString().toLowerCase(Locale.ROOT);
    }

    /** The next chunk of an answer whose head was read; empty when it is over. */
    byte[] chunk() throws IOException {
        byte[] chunk = exactly(Integer.parseInt(line(), 16));
        line();
        return chunk;
    }

    /** Reads an answer's head, which is no refusal, and its body until so many bytes have come, chunk by chunk as the socket had them, or to its end. */
    byte[] bodyUpTo(int bytes) throws IOException {
        assertThat(head()).contains("200 ok");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (body.size() < bytes) {
            byte[] chunk = chunk();
            if (chunk.length == 0) {
                break;
            }
            body.writeBytes(chunk);
        }
        return body.toByteArray();
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < 2 || line.charAt(line.length() - 2) != '\r' || line.charAt(line.length() - 1) != '\n') {
            line.append((char) in.readUnsignedByte());
        }
        return line.substring(0, line.length() - 2);
    }

    /** Reads this many bytes and forgets them. */
    void skip(int bytes) throws IOException {
        in.skipNBytes(bytes);
    }

    /** The next event of a WebSocket. */
    JsonObject event() throws IOException {
        while (true) {
            int opcode = in.readUnsignedByte() & 15;
            int length = in.readUnsignedByte();
            byte[] payload =
                    exactly(length == 126 ? in.readUnsignedShort() : length == 127 ? (int) in.readLong() : length);
            switch (opcode) {
                case TEXT -> {
                    return new JsonObject(new String(payload, StandardCharsets.UTF_8));
                }
                case CLOSE ->
                    throw new EOFException(
                            "closed with " + ByteBuffer.wrap(payload).getShort());
                case PING -> {
                    if (answersPings) {
                        send(frame(PONG, payload));
                    }
                }
                default -> {}
            }
        }
    }

    /** All that comes until the connection ends, however it ends, or nothing comes for so long. */
    String rest(int quietMillis) throws IOException {
        socket.setSoTimeout(quietMillis);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            in.transferTo(all);
        } catch (SocketException | SocketTimeoutException ended) {
            // What came before counts.
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** No more will be sent. */
    void finish() throws IOException {
        socket.shutdownOutput();
    }

    /** Goes away without a word. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
