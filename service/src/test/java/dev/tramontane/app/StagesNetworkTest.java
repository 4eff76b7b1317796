package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Namespaces;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model over three hosts with addresses of their own, each a network namespace with one process, a secret between them: the answers of one process, and what becomes of
 * them when a stage is killed, slowed, or its cable is pulled.
 */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class StagesNetworkTest {
    private static final String HEAD = "head";
    private static final List<String> STAGES = List.of("one", "two");
    private static final int PORT = 7100;
    private static final String SERVER = "http://127.0.0.1:8080";

    @TempDir
    private static Path dir;

    private static Namespaces network;
    private static String model;
    private static String[] shared;
    private static WatchedProcess server;
    private static final List<StageProcess> RUNNING = new ArrayList<>();
    private static List<String> expected;

    private static List<JsonObject> asked() {
        List<JsonObject> all = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            all.add(new JsonObject()
                    .put("prompt", "the quick brown fox jumps over the lazy dog ".repeat(8 * seed))
                    .put("temperature", seed == 3 ? 0 : 1)
                    .put("seed", seed)
                    .put("n", 2)
                    .put("logprobs", 3)
                    .put("ignore_eos", true)
                    .put("max_tokens", 30));
        }
        return all;
    }

    @BeforeAll
    static void start() throws Exception {
        network = Namespaces.of(HEAD, STAGES.getFirst(), STAGES.getLast());
        Needed.program(curl("--version").start().waitFor() == 0, "curl");
        model = TinyModel.PLAIN.withWindow(256).writeTo(dir).toString();
        try (SeveralModels whole = new SeveralModels(2048, "--keep-alive", "forever", "m=" + model)) {
            expected = new ArrayList<>();
            for (JsonObject body : asked()) {
                expected.add(choices(StagedServer.send(whole.address, "/v1/completions", body)
                        .body()));
            }
        }
        Path secret = Files.writeString(dir.resolve("secret"), "a secret of at least 32 characters\n");
        shared = new String[] {"--stage-secret-file", secret.toString(), "--stage-timeout", "2s"};
        for (String host : STAGES) {
            RUNNING.add(stage(host));
        }
        Path out = dir.resolve("head.out");
        ProcessBuilder builder = OwnProcess.serve(
                List.of(OwnProcess.OWN_LOG, "-Xmx256m", "-XX:TieredStopAtLevel=1"),
                "--model",
                model,
                "--port",
                "8080",
                "--threads",
                "1",
                "--context",
                "2048",
                "--stages",
                at(0) + "," + at(1));
        builder.command().addAll(List.of(shared));
        builder.command().addAll(0, network.on(HEAD));
        server = new WatchedProcess(
                builder.redirectOutput(out.toFile())
                        .redirectError(dir.resolve("head.err").toFile())
                        .start(),
                out);
        awaitReady();
    }

    @AfterAll
    static void end() {
        RUNNING.forEach(StageProcess::close);
        if (server != null) {
            server.close();
        }
        if (network != null) {
            network.close();
        }
    }

    private static String at(int stage) {
        return network.address(STAGES.get(stage)) + ":" + PORT;
    }

    private static StageProcess stage(String host) throws IOException {
        StageProcess stage = new StageProcess(network.on(host), dir, model, network.address(host) + ":" + PORT, shared);
        assertThat(stage.port()).isEqualTo(PORT);
        return stage;
    }

    /** Asks the server on its own host. */
    private static ProcessBuilder curl(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(network.on(HEAD));
        builder.command().addAll(List.of("curl", "--silent", "--no-buffer", "--max-time", "120"));
        builder.command().addAll(List.of(arguments));
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private static Process post(JsonObject body) throws IOException {
        return curl("-H", "Content-Type: application/json", "-d", body.encode(), SERVER + "/v1/completions")
                .start();
    }

    private static String heard(Process process) throws IOException {
        try (InputStream in = process.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String choices(String answer) {
        return new JsonObject(answer).getJsonArray("choices").encodePrettily();
    }

    private static List<String> answers() throws IOException {
        List<String> all = new ArrayList<>();
        for (JsonObject body : asked()) {
            all.add(choices(heard(post(body))));
        }
        return all;
    }

    private static String ready() throws IOException {
        return heard(curl(SERVER + "/readyz").start());
    }

    private static void awaitReady() {
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(ready()).contains("\"ok\""));
    }

    private static void awaitLoss(int stage) {
        await().untilAsserted(() -> assertThat(ready()).contains("the stage of layer " + (stage + 1) + " was lost"));
    }

    /** A stream whose first event has come. */
    private static BufferedReader running() throws IOException {
        JsonObject body = new JsonObject()
                .put("prompt", "hello")
                .put("stream", true)
                .put("ignore_eos", true)
                .put("temperature", 0)
                .put("max_tokens", 2000)
                .put("speculation", new JsonObject().put("method", "off"));
        return StagedServer.fromFirstEvent(post(body).inputReader(StandardCharsets.UTF_8));
    }

    /** The rest of a stream: words, then one error that says which stage. */
    private static void assertOneClearError(BufferedReader reader, int stage) {
        List<String> errors =
                reader.lines().filter(line -> line.contains("\"error\"")).toList();
        assertThat(errors).hasSize(1);
        assertThat(errors.getFirst())
                .contains("the stage of layer " + (stage + 1) + " was lost")
                .doesNotContain("10.77.0.");
    }

    @AfterEach
    void allIsAsBefore() throws Exception {
        assertThat(answers()).isEqualTo(expected);
    }

    @Test
    void aStageThatIsKilledIsMissedUntilItIsBack() throws Exception {
        try (BufferedReader reader = running()) {
            RUNNING.getLast().close();
            assertOneClearError(reader, 1);
        }
        awaitLoss(1);
        RUNNING.set(1, stage(STAGES.getLast()));
        awaitReady();
    }

    /** It stands still most of the time, but never for so long as --stage-timeout. */
    @Test
    void aStageThatIsSlowedChangesNothing() throws Exception {
        StageProcess slow = RUNNING.getFirst();
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService brake = Executors.newSingleThreadExecutor()) {
            Future<?> braking = brake.submit(() -> {
                while (!over.get()) {
                    slow.signal("STOP");
                    LockSupport.parkNanos(20_000_000);
                    slow.signal("CONT");
                    LockSupport.parkNanos(5_000_000);
                }
                return null;
            });
            try {
                assertThat(answers()).isEqualTo(expected);
            } finally {
                over.set(true); // Before the executor waits for it.
            }
            braking.get();
        }
        assertThat(ready()).contains("\"ok\"");
    }

    /** Packets go nowhere, and nobody is told. */
    @Test
    void aStageWhoseCableIsPulledIsMissedUntilItIsPutInAgain() throws Exception {
        try (BufferedReader reader = running()) {
            network.cable(STAGES.getFirst(), false);
            assertOneClearError(reader, 0);
            awaitLoss(0);
        } finally {
            network.cable(STAGES.getFirst(), true);
        }
        awaitReady();
    }
}
