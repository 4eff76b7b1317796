package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * nginx before the service, with nothing set but {@code proxy_pass}: it keeps answers back until they are whole, or 4 KiB of
 * them are there, unless the service tells it not to. Each event must pass before the next token is even computed.
 */
@Tag("clients")
class RelayTest {
    @TempDir
    private Path dir;

    @Test
    @Timeout(
            value = 300,
            threadMode =
                    Timeout.ThreadMode.SEPARATE_THREAD) // A guard against hanging: what nginx keeps back never comes.
    void nginxPassesEachEventAsItComes() throws Exception {
        Path nginx = ClientProgram.program("nginx");
        ScriptedEngine engine = new ScriptedEngine("abc");
        try (TestService service = TestService.stepped(engine, TestService.CONFIG);
                HttpClient client = HttpClient.newHttpClient()) {
            int port = Ports.free();
            Process relay = start(nginx, port, service.port);
            try {
                TestService.eventually().until(() -> answers(port));
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"p\", \"stream\": true}"))
                        .build();
                var answer = client.sendAsync(request, BodyHandlers.ofInputStream());
                TestService.eventually().until(() -> !engine.runs.isEmpty());
                TestService.eventually().until(engine::step); // Once its reader has asked for a token.
                try (InputStream in = answer.get(3, TimeUnit.MINUTES).body();
                        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                    StringBuilder text = new StringBuilder();
                    for (String expected : new String[] {"a", "ab", "abc"}) {
                        while (!text.toString().equals(expected)) {
                            text.append(textOf(lines));
                        }
                        TestService.eventually().until(engine::step); // Not before this one has arrived.
                    }
                }
            } finally {
                relay.destroy();
                assertThat(relay.waitFor(3, TimeUnit.MINUTES)).isTrue();
            }
        }
    }

    /** The text of the next event, perhaps none. */
    private static String textOf(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        if (line == null) {
            throw new AssertionError("the stream ended too early");
        }
        return line.startsWith("data: {")
                ? new JsonObject(line.substring("data: ".length()))
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getString("text")
                : "";
    }

    private Process start(Path nginx, int port, int upstream) throws IOException {
        Path config = Files.writeString(dir.resolve("nginx.conf"), """
            daemon off;
            master_process off;
            pid %1$s/nginx.pid;
            error_log stderr;
            events {}
            http {
              access_log off;
              client_body_temp_path %1$s/body;
              proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi;
              uwsgi_temp_path %1$s/uwsgi;
              scgi_temp_path %1$s/scgi;
              server {
                listen 127.0.0.1:%2$d;
                location / { proxy_pass http://127.0.0.1:%3$d; }
              }
            }
            """.formatted(dir, port, upstream));
        return new ProcessBuilder(nginx.toString(), "-p", dir.toString(), "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("nginx.log").toFile())
                .start();
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }
}
