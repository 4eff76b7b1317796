package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.api.Instance;
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
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
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
    private static final Duration HANG = Duration.ofMinutes(3);

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

    private Process serve(int port, String drainTimeout, String... more) throws IOException {
        Path model = dir.resolve("model");
        if (!Files.exists(model)) {
            Files.createDirectory(model);
            TinyModel.PLAIN.withContext(4_096).writeTo(model);
        }
        Path file;
        try (var files = Files.list(model)) {
            file = files.findFirst().orElseThrow();
        }
        List<String> arguments = new ArrayList<>(List.of(
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
                drainTimeout));
        arguments.addAll(List.of(more));
        Process process = OwnProcess.serve(
                        List.of(
                                "-Xmx256m",
                                "-XX:+UseSerialGC", // Four processes start beside the load: what makes them quicker.
                                "-XX:TieredStopAtLevel=1",
                                OwnProcess.OWN_LOG),
                        arguments.toArray(String[]::new))
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
    @DisplayName("reliability 56: servers are replaced under load")
    void noRequestFailsAndNoTokenIsLost() throws Exception {
        Envoy.isNeeded();
        int[] ports = {Ports.free(), Ports.free()};
        Process[] servers = {serve(ports[0], "2m"), serve(ports[1], "2m")};
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
                    servers[i] = serve(port, "2m");
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
        for (int port : ports) { // Those that are there now hold nothing of it, and answer as before.
            await().atMost(HANG).until(() -> !works(port));
            assertThat(get(port, "/metrics").body()).contains("tramontane_cache_pages{state=\"reserved\"} 0.0\n");
            assertThat(get(port, "/livez").statusCode()).isEqualTo(200);
            assertThat(ask(port, 1)).isEqualTo(alone.get(1));
        }
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

    private static JsonObject longAnswer(int seed) {
        return new JsonObject()
                .put("model", "tiny")
                .put("input", "go")
                .put("max_output_tokens", 900)
                .put("seed", seed)
                .put("temperature", 0.8)
                .put("ignore_eos", true);
    }

    private HttpResponse<String> continued(int port, String previous, String session)
            throws IOException, InterruptedException {
        JsonObject body = new JsonObject()
                .put("model", "tiny")
                .put("input", "more")
                .put("max_output_tokens", 5)
                .put("previous_response_id", previous);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/responses"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()));
        if (!session.isEmpty()) {
            request.header("X-Tramontane-Session", session);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** What {@link Envoy} has tried once more at the servers of a cluster. */
    private static long retries(Envoy envoy, String cluster) throws IOException, InterruptedException {
        String said = envoy.ask("/stats?filter=^cluster." + cluster + ".upstream_rq_retry$");
        return Long.parseLong(said.replaceAll("[^0-9]", ""));
    }

    private static String instance(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Tramontane-Instance").orElseThrow();
    }

    /** By its server's mark, an answer of each of both that has begun and that nobody reads now. */
    private Map<String, CutStream> oneOfEach(Envoy envoy) throws IOException, InterruptedException {
        Map<String, CutStream> cut = new TreeMap<>();
        while (cut.size() < 2) {
            CutStream stream = new CutStream(client, envoy.port).begin(longAnswer(1), 4);
            assertThat(stream.id()).startsWith("resp_" + stream.instance());
            if (cut.putIfAbsent(stream.instance(), stream) != null) {
                stream.forget();
            }
        }
        return cut;
    }

    /** The configuration with README's other kind of session. */
    private void sessionsByCookie(Map<Integer, Integer> places) throws IOException, InterruptedException {
        String shipped = Envoy.configuration("envoy.yaml");
        String readme = Envoy.configuration("README.md");
        int from = shipped.indexOf("                      session_state:");
        int to = shipped.indexOf("                  - name: envoy.filters.http.router");
        int block = readme.indexOf("                      session_state:");
        String byCookie = shipped.substring(0, from)
                + readme.substring(block, readme.indexOf("```", block))
                + shipped.substring(to);
        try (Envoy envoy = Envoy.start(dir, byCookie, places)) {
            envoy.awaitHealthy("servers", 2);
            HttpResponse<String> begun = get(envoy.port, "/v1/models");
            String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow();
            assertThat(cookie).startsWith("tramontane-session=").contains("HttpOnly", "SameSite");
            for (int i = 0; i < 6; i++) {
                HttpRequest again = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + envoy.port + "/v1/models"))
                        .header("Cookie", cookie.substring(0, cookie.indexOf(';')))
                        .build();
                assertThat(instance(client.send(again, BodyHandlers.ofString())))
                        .isEqualTo(instance(begun));
            }
        }
    }

    /**
     * Answers are cut and read on, each from the server that has it: with nothing but the id another server is asked first now and then, and says whose it is;
     * with the session none is. A server that ends is found all the same, as long as it has somebody's answer, and is given nothing new.
     */
    @Test
    void whoComesBackFindsTheServerThatHasTheAnswer() throws Exception {
        Envoy.isNeeded();
        int[] ports = {Ports.free(), Ports.free()};
        String[] names = {"server-0", "server-1"};
        Process[] servers = new Process[2];
        for (int i = 0; i < 2; i++) {
            servers[i] = serve(ports[i], "2m", "--instance", names[i], "--resume-time", "10m");
        }
        for (int port : ports) {
            await().atMost(HANG).until(() -> ready(port));
        }
        String alone = new CutStream(client, ports[0])
                .begin(longAnswer(1), Integer.MAX_VALUE)
                .text();
        Map<Integer, Integer> places = Map.of(8081, ports[0], 8082, ports[1], 8083, Ports.free());
        try (Envoy envoy = Envoy.start(dir, Envoy.configuration("envoy.yaml"), places)) {
            envoy.awaitHealthy("servers", 2);
            envoy.awaitHealthy("keepers", 2);
            Map<String, CutStream> cut = oneOfEach(envoy);
            CutStream first =
                    Objects.requireNonNull(cut.get(Instance.named(names[0]).mark()));
            CutStream second =
                    Objects.requireNonNull(cut.get(Instance.named(names[1]).mark()));
            assertThat(get(ports[1], "/v1/responses/" + first.id()).statusCode())
                    .as("asked at the wrong one")
                    .isEqualTo(421);
            for (CutStream stream : List.of(first, second)) {
                for (int part = 0; part < 10; part++) {
                    stream.resume(false, 3);
                    assertThat(stream.id()).as("by nothing but its id").startsWith("resp_" + stream.instance());
                }
            }
            assertThat(retries(envoy, "keepers")).isPositive();
            long before = retries(envoy, "keepers");
            for (CutStream stream : List.of(first, second)) {
                for (int part = 0; part < 10; part++) {
                    stream.resume(true, 3);
                    assertThat(stream.id()).as("by its session").startsWith("resp_" + stream.instance());
                }
            }
            assertThat(retries(envoy, "keepers")).as("nobody else was asked").isEqualTo(before);

            sessionsByCookie(places);

            servers[0].destroy(); // SIGTERM: it waits for the answer that nobody reads now.
            envoy.awaitHealthy("servers", 1);
            first.resume(false, 3);
            assertThat(first.instance())
                    .as("ends, and has it")
                    .isEqualTo(Instance.named(names[0]).mark());
            for (int i = 0; i < 4; i++) {
                CutStream other = new CutStream(client, envoy.port).begin(longAnswer(2), 1);
                assertThat(other.instance())
                        .as("gets what is new")
                        .isEqualTo(Instance.named(names[1]).mark());
            }
            first.resume(true, Integer.MAX_VALUE);
            second.resume(true, Integer.MAX_VALUE);
            for (CutStream stream : List.of(first, second)) {
                assertThat(stream.lastType()).isEqualTo("response.incomplete"); // All of its tokens.
                assertThat(stream.text()).isEqualTo(alone);
            }
            assertThat(servers[0].waitFor(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(servers[0].exitValue()).isZero();
            for (String session : List.of("", second.session(), first.session())) {
                HttpResponse<String> more = continued(envoy.port, second.id(), session);
                assertThat(more.statusCode()).as(more.body()).isEqualTo(200);
            }
            envoy.awaitHealthy("keepers", 1);
            HttpResponse<String> gone = get(envoy.port, "/v1/responses/" + first.id());
            assertThat(gone.statusCode()).as(gone.body()).isEqualTo(421);
        }
    }

    /**
     * Both servers are replaced, one after the other, by servers of other names, and neither waits until its answers have ended: what is cut
     * goes on at another that shares the directory, for whoever comes back. Each reader has every token, once.
     */
    @Test
    void whatIsCutGoesOnElsewhereTokenForToken() throws Exception {
        Envoy.isNeeded();
        String shared = dir.resolve("snapshots").toString();
        int[] ports = {Ports.free(), Ports.free()};
        Process[] servers = new Process[2];
        for (int i = 0; i < 2; i++) {
            servers[i] = sharing(ports[i], "server-" + i, shared);
        }
        for (int port : ports) {
            await().atMost(HANG).until(() -> ready(port));
        }
        String alone = new CutStream(client, ports[0])
                .begin(longAnswer(1), Integer.MAX_VALUE)
                .text();
        Map<Integer, Integer> places = Map.of(8081, ports[0], 8082, ports[1], 8083, Ports.free());
        try (Envoy envoy = Envoy.start(dir, Envoy.configuration("envoy.yaml"), places)) {
            for (int i = 0; i < 2; i++) {
                envoy.awaitHealthy("servers", 2);
                envoy.awaitHealthy("keepers", 2);
                Map<String, CutStream> cut = oneOfEach(envoy);
                CutStream moved = Objects.requireNonNull(
                        cut.get(Instance.named("server-" + i).mark()));
                servers[i].destroy(); // SIGTERM
                assertThat(servers[i].waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
                assertThat(servers[i].exitValue()).isZero();
                for (CutStream stream : cut.values()) {
                    stream.readToEnd();
                    assertThat(stream.lastType()).isEqualTo("response.incomplete"); // All of its tokens.
                    assertThat(stream.text()).isEqualTo(alone);
                }
                assertThat(moved.id()).as("went on elsewhere").doesNotStartWith("resp_" + moved.instance());
                servers[i] = sharing(ports[i], "server-" + i + "-next", shared);
            }
        }
    }

    private Process sharing(int port, String name, String directory) throws IOException {
        return serve(port, "1s", "--instance", name, "--resume-time", "10m", "--snapshot-dir", directory);
    }
}
