package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Recovery;
import dev.tramontane.fixtures.TinyModel;
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
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process of its own with a small heap, and clients that would fill it several times over. */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class OverloadTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (http://127.0.0.1:(\\d+))");
    private static final Duration HANG = Duration.ofMinutes(3);
    private static final int BODY = 8 << 20;

    /** More than the heap holds; every fourth sends chunks. */
    private static final int HOARDERS = 64;

    @TempDir
    Path dir;

    private Process serve() throws IOException {
        String model = TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString();
        return OwnProcess.serve(
                        List.of("-Xmx512m", "-XX:+ExitOnOutOfMemoryError"),
                        "--model",
                        model,
                        "--port",
                        "0",
                        "--threads",
                        "1",
                        "--drain-timeout",
                        "5s")
                .redirectError(dir.resolve("err").toFile())
                .redirectOutput(dir.resolve("out").toFile())
                .start();
    }

    private String log() throws IOException {
        return Files.readString(dir.resolve("err"));
    }

    @Test
    @DisplayName("reliability 35: bodies that would fill a small heap several times over")
    void unfinishedBodiesNeitherKillTheServerNorItsStreams() throws Exception {
        Process process = serve();
        List<Socket> hoarders = new ArrayList<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            await().atMost(HANG)
                    .until(() -> !process.isAlive()
                            || ADDRESS.matcher(Files.readString(dir.resolve("out")))
                                    .find());
            Matcher address = ADDRESS.matcher(Files.readString(dir.resolve("out")));
            assertThat(address.find()).as(log()).isTrue();
            String url = address.group(1);
            Recovery recovery = new Recovery(new WatchedProcess(process, dir.resolve("out")).withWorkers());
            recovery.after("reliability 35: the heap", () -> {
                List<BufferedReader> streams = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    streams.add(stream(client, url));
                }
                byte[] part = new byte[BODY - 1];
                Arrays.fill(part, (byte) 'a');
                CountDownLatch sent = new CountDownLatch(HOARDERS);
                for (int i = 0; i < HOARDERS; i++) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(address.group(2)));
                    hoarders.add(socket);
                    boolean chunked = i % 4 == 0;
                    Thread.ofPlatform().daemon().start(() -> {
                        try {
                            socket.getOutputStream()
                                    .write(("POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
                                                    + " application/json\r\n"
                                                    + (chunked
                                                            ? "Transfer-Encoding: chunked\r\n\r\n800000\r\n"
                                                            : "Content-Length: " + BODY + "\r\n\r\n"))
                                            .getBytes(StandardCharsets.US_ASCII));
                            socket.getOutputStream().write(part);
                        } catch (IOException refused) {
                            // It has been told why.
                        } finally {
                            sent.countDown();
                        }
                    });
                }
                assertThat(sent.await(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(get(client, url + "/health").statusCode()).isEqualTo(200);
                for (BufferedReader stream : streams) {
                    List<String> lines = stream.lines()
                            .filter(line -> line.startsWith("data: "))
                            .toList();
                    assertThat(lines).hasSizeGreaterThan(3).endsWith("data: [DONE]");
                    assertThat(lines.get(lines.size() - 2)).contains("\"finish_reason\":\"length\"");
                }
                for (Socket socket : hoarders) {
                    socket.close();
                }
            });
            assertThat(get(client, url + "/metrics").body())
                    .containsPattern("tramontane_http_refused_total\\{reason=\"request_memory\"} [1-9]");
            process.destroy(); // SIGTERM
            assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                    .as("ended")
                    .isTrue();
            assertThat(process.exitValue()).as(log()).isZero();
            assertThat(log()).doesNotContain("OutOfMemoryError");
        } finally {
            for (Socket socket : hoarders) {
                socket.close();
            }
            process.destroyForcibly().waitFor();
        }
    }

    private static HttpResponse<String> get(HttpClient client, String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).timeout(HANG).build(), BodyHandlers.ofString());
    }

    private static BufferedReader stream(HttpClient client, String url) throws IOException, InterruptedException {
        JsonObject body = new JsonObject()
                .put("prompt", "hello")
                .put("temperature", 0)
                .put("max_tokens", 1500)
                .put("ignore_eos", true)
                .put("stream", true);
        HttpResponse<InputStream> response = client.send(
                HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                        .build(),
                BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }
}
