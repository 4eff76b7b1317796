package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * A client that has read a stream's first event and reads on when it is told to. Its socket takes little, so that it holds a long
 * answer up: however busy the machine is, the answer is under way until then.
 */
final class StalledReader implements AutoCloseable {
    private static final int RECEIVED = 4096;

    private final Socket socket = new Socket();

    /** What comes after the first event. */
    final BufferedReader lines;

    private final String first;

    /**
     * Asks, and waits for the first event.
     *
     * @param address of the server, {@code http://host:port}
     * @param headers of the request, each with its end of line
     */
    StalledReader(String address, String path, JsonObject request, String... headers) throws IOException {
        URI uri = URI.create(address);
        socket.setReceiveBufferSize(RECEIVED);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()));
        byte[] body = request.encode().getBytes(StandardCharsets.UTF_8);
        String head = "POST " + path + " HTTP/1.1\r\nHost: " + uri.getAuthority()
                + "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                + "\r\n" + String.join("", headers) + "\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("HTTP/1.1 200 OK");
        String line = lines.readLine();
        while (line != null && !line.startsWith("data: ")) {
            line = lines.readLine();
        }
        assertThat(line).isNotNull();
        first = String.valueOf(line);
    }

    /** All events, the first among them, as lines that begin with {@code data: }. Reads to the end. */
    Stream<String> events() {
        return Stream.concat(Stream.of(first), lines.lines().filter(line -> line.startsWith("data: ")));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
