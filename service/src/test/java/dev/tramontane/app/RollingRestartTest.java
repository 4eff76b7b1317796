package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Envoy;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two servers, processes of their own, behind a real Envoy with the configuration that is shipped (k8s/envoy/envoy.yaml).
 * Under requests without a pause each gets SIGTERM and is replaced: no request fails, no stream is cut, and each answer is,
 * token for token, the one that a server without load gave.
 */
@Tag("clients")
@Tag("slow")
@Timeout(600) // Only a hang reaches it.
class RollingRestartTest {
    private static final int KINDS = 8;
    private static final int CLIENTS = 4;
    private static final Duration HANG = Duration.ofMinutes(2);

    @TempDir
    Path dir;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        client.close();
        processes.forEach(Process::destroyForcibly);
    }

    private Process serve(int port) throws IOException {
        Path model = dir.resolve("model");
        if (!Files.exists(model)) {
            Files.createDirectory(model);
            TinyModel.PLAIN.withContext(4_096).writeTo(model);
        }
        Path file;
        try (var files = Files.list(model)) {
            file = files.findFirst().orElseThrow();
        }
        Process process = OwnProcess.serve(
                        List.of(
                                "-Xmx256m",
                                "-XX:+UseSerialGC", // Four processes start beside the load: what makes them quicker.
                                "-XX:TieredStopAtLevel=1",
                                OwnProcess.OWN_LOG),
                        "--model",
                        file.toString(),
                        "--served-model-name",
                        "tiny",
                        "--port",
                        Integer.toString(port),
                        "--threads",
                        "1",
                        "--drain-delay",
                        "5s",
                        "--drain-timeout",
                        "2m")
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("server-" + processes.size()).toFile())
                .start();
        processes.add(process);
        return process;
    }

    /** A request of each kind: every second one is streamed, all have a seed. */
    private HttpRequest request(int port, int kind) {
        JsonObject body = new JsonObject()
                .put("model", "tiny")
                .put("prompt", "prompt " + kind)
                .put("max_tokens", 50 + 50 * kind)
                .put("seed", kind)
                .put("temperature", 0.8)
                .put("ignore_eos", true)
                .put("stream", kind % 2 == 0);
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
    }

    /** The whole text of an answer, which must be one that came to its end. */
    private String ask(int port, int kind) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request(port, kind), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("%s", answer.body()).isEqualTo(200);
        if (kind % 2 != 0) {
            JsonObject choice = choice(answer.body());
            assertThat(choice.getString("finish_reason")).isEqualTo("length");
            return choice.getString("text");
        }
        List<String> events = answer.body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .collect(Collectors.toCollection(ArrayList::new));
        assertThat(events).endsWith("[DONE]");
        events.removeLast();
        assertThat(choice(events.getLast()).getString("finish_reason")).isEqualTo("length");
        return events.stream().map(event -> choice(event).getString("text")).collect(Collectors.joining());
    }

    private static JsonObject choice(String body) {
        return new JsonObject(body).getJsonArray("choices").getJsonObject(0);
    }

    private boolean ready(int port) throws InterruptedException {
        try {
            return get(port, "/readyz").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private boolean works(int port) throws IOException, InterruptedException {
        return !get(port, "/metrics").body().contains("tramontane_requests_running 0.0\n");
    }

    @Test
    void noRequestFailsAndNoTokenIsLost() throws Exception {
        Envoy.isNeeded();
        int[] ports = {Ports.free(), Ports.free()};
        Process[] servers = {serve(ports[0]), serve(ports[1])};
        for (int port : ports) {
            await().atMost(HANG).until(() -> ready(port));
        }
        List<String> alone = new ArrayList<>();
        for (int kind = 0; kind < KINDS; kind++) {
            alone.add(ask(ports[0], kind));
        }
        assertThat(alone).doesNotHaveDuplicates();
        // The third server of the configuration is not there.
        Map<Integer, Integer> places = Map.of(8081, ports[0], 8082, ports[1], 8083, Ports.free());
        AtomicBoolean enough = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        try (Envoy envoy = Envoy.start(dir, Envoy.configuration("envoy.yaml"), places);
                ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            envoy.awaitHealthy("servers", 2);
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int first = i;
                clients.add(CompletableFuture.runAsync(
                        () -> {
                            for (int kind = first; !enough.get(); kind = (kind + 3) % KINDS) {
                                assertThat(asked(envoy.port, kind))
                                        .as("kind %d", kind)
                                        .isEqualTo(alone.get(kind));
                                answered.incrementAndGet();
                            }
                        },
                        threads));
            }
            try {
                for (int i = 0; i < ports.length; i++) {
                    int port = ports[i];
                    await().atMost(HANG).until(() -> works(port));
                    servers[i].destroy(); // SIGTERM
                    assertThat(servers[i].waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                            .isTrue();
                    assertThat(servers[i].exitValue()).isZero();
                    envoy.awaitHealthy("servers", 1);
                    servers[i] = serve(port);
                    envoy.awaitHealthy("servers", 2);
                    await().atMost(HANG).until(() -> works(port)); // The new one has its share.
                }
            } finally {
                enough.set(true);
            }
            for (CompletableFuture<Void> running : clients) {
                running.get(HANG.toSeconds(), TimeUnit.SECONDS);
            }
        }
        assertThat(answered.get()).isGreaterThan(KINDS);
    }

    private String asked(int port, int kind) {
        try {
            return ask(port, kind);
        } catch (IOException failed) {
            throw new AssertionError("kind " + kind, failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }
}
