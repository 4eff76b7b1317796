package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code loadtest proxy} before a server. */
@Timeout(300) // Only a hang reaches it.
class ProxyTest {
    @Test
    void cutsWhereItIsTold() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        AtomicInteger code = new AtomicInteger(-1);
        try (FakeServer server = new FakeServer()) {
            Thread running = Thread.ofPlatform()
                    .start(() -> code.set(Main.run(
                            new Surroundings(stream, stream, false, Map.of()),
                            "proxy",
                            "--url",
                            server.url,
                            "--cut",
                            "truncate",
                            "--after",
                            "12")));
            Pattern said = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+) stands before " + server.url);
            Matcher address = said.matcher("");
            while (!address.reset(out.toString(StandardCharsets.UTF_8)).find()) {
                assertThat(running.isAlive())
                        .as(out.toString(StandardCharsets.UTF_8))
                        .isTrue();
                Thread.sleep(5);
            }
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(address.group(1)))) {
                client.getOutputStream()
                        .write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 200");
            }
            running.interrupt();
            running.join();
            assertThat(code).hasValue(LoadCommand.INTERRUPTED);
        }
    }
}
