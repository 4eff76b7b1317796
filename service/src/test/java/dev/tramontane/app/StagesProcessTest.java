package dev.tramontane.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.faults.Fault;
import dev.tramontane.faults.Fault.End;
import dev.tramontane.faults.FaultProxy;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model over three processes of the system is the model in one: the very answers, alone and together. A stage that is killed, stopped, slowed or
 * cut off costs what runs one clear error each, and readiness until it is back; then all is as before.
 */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class StagesProcessTest {
    private static final String LONG = "the quick brown fox jumps over the lazy dog and says hello to it; ".repeat(8);

    /** Without guesses, which would be right most of the time. */
    private static final JsonObject RUNNING =
            completion("hello", 2000).put("speculation", new JsonObject().put("method", "off"));

    @TempDir
    private static Path dir;

    private static StagedServer staged;

    /** Of one process that has all layers. */
    private static List<String> expected = List.of();

    private static JsonObject completion(String prompt, int tokens) {
        return new JsonObject()
                .put("prompt", prompt)
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put("max_tokens", tokens);
    }

    private static List<JsonObject> asked() {
        return List.of(
                completion("hello", 40).put("logprobs", 5),
                completion("what is it", 40)
                        .put("temperature", 1)
                        .put("seed", 7)
                        .put("logprobs", 5),
                completion(LONG, 24).put("temperature", 1).put("seed", 8).put("n", 3),
                completion("one two one two one two one", 60)
                        .put("speculation", new JsonObject().put("method", "ngram")),
                completion(LONG + "again", 24).put("logprobs", 2).put("frequency_penalty", 0.5));
    }

    /** The answers of all at once, each whole: tokens, texts, log-probabilities to the last bit. */
    private static List<String> answers(String url) throws Exception {
        try (var pool = Executors.newFixedThreadPool(asked().size())) {
            List<Callable<String>> calls = new ArrayList<>();
            for (JsonObject body : asked()) {
                calls.add(() -> {
                    StagedServer.Answer answer = StagedServer.send(url, "/v1/completions", body);
                    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                    return new JsonObject(answer.body()).getJsonArray("choices").encodePrettily();
                });
            }
            List<String> all = new ArrayList<>();
            for (Future<String> each : pool.invokeAll(calls)) {
                all.add(each.get());
            }
            return all;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        String model = TinyModel.PLAIN.withWindow(256).writeTo(dir).toString();
        try (SeveralModels whole = new SeveralModels(2048, "--keep-alive", "forever", "m=" + model)) {
            expected = answers(whole.address);
        }
        staged = new StagedServer(Files.createDirectories(dir.resolve("staged")), model);
        staged.awaitReady();
        assertThat(answers(staged.head.url)).isEqualTo(expected);
        staged.head.withWorkers();
        staged.awaitSettled();
        staged.remember();
    }

    @AfterAll
    static void end() {
        if (staged != null) {
            staged.close();
        }
    }

    /** A stream that lasts for seconds, however quick the machine is. */
    private static BufferedReader running() throws Exception {
        staged.networks.forEach(network -> network.toServer(Fault.NONE.delayed(Duration.ofMillis(2))));
        return staged.stream(RUNNING);
    }

    @AfterEach
    void allIsAsBefore() throws Exception {
        staged.networks.forEach(network -> network.toServer(Fault.NONE).toClients(Fault.NONE));
        assertThat(answers(staged.head.url)).isEqualTo(expected);
        staged.awaitSettled();
    }

    @Test
    void whatWasComputedIsFoundAgain() throws Exception {
        JsonObject body = completion(LONG.repeat(2), 8);
        String first =
                StagedServer.send(staged.head.url, "/v1/completions", body).body();
        JsonObject second = new JsonObject(
                StagedServer.send(staged.head.url, "/v1/completions", body).body());
        assertThat(second.getJsonArray("choices")).isEqualTo(new JsonObject(first).getJsonArray("choices"));
        assertThat(second.getJsonObject("usage")
                        .getJsonObject("prompt_tokens_details")
                        .getInteger("cached_tokens"))
                .isPositive();
    }

    @Test
    void whoLeavesGivesHisPlaceBack() throws Exception {
        for (int i = 0; i < 6; i++) {
            staged.stream(RUNNING).close();
        }
    }

    /** As Kubernetes' probes do: the log tells of strangers, not of these. */
    @Test
    void whoAsksWhetherThePortIsOpenIsNoNews() throws Exception {
        StageProcess stage = staged.stages.getFirst();
        String before = stage.said();
        for (int i = 0; i < 3; i++) {
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), stage.port())) {
                assertThat(probe.getInputStream().read()).isEqualTo('T');
            }
        }
        try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), stage.port())) {
            stranger.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost:7100\r\n\r\n"
                            .repeat(2)
                            .getBytes(UTF_8));
            await().until(() -> stage.said().substring(before.length()).contains("no head of tramontane"));
        }
        assertThat(stage.said().substring(before.length()).lines().filter(line -> line.contains("a connection from")))
                .hasSize(1);
    }

    @Test
    void aSlowNetworkChangesNothing() throws Exception {
        FaultProxy network = staged.networks.getFirst();
        network.toServer(Fault.NONE.delayed(Duration.ofMillis(3)));
        network.toClients(Fault.NONE.throttled(400_000));
        try {
            assertThat(answers(staged.head.url)).isEqualTo(expected);
        } finally {
            network.toServer(Fault.NONE).toClients(Fault.NONE);
        }
    }

    @Test
    void aStageThatIsKilledIsMissedUntilItIsBack() throws Exception {
        try (BufferedReader reader = running()) {
            staged.stages.getLast().close();
            isOneClearError(reader, 1);
        }
        isAway(1);
        staged.restart(1);
        staged.awaitReady();
    }

    @Test
    void aStageThatStandsStillIsMissedUntilItMoves() throws Exception {
        try (BufferedReader reader = running()) {
            staged.stages.getFirst().signal("STOP");
            isOneClearError(reader, 0);
            isAway(0);
        } finally {
            staged.stages.getFirst().signal("CONT");
        }
        staged.awaitReady();
    }

    @Test
    void aConnectionThatIsResetIsMadeAnew() throws Exception {
        try (BufferedReader reader = running()) {
            staged.networks.getLast().resetAll();
            isOneClearError(reader, 1);
        }
        staged.awaitReady();
    }

    /** A cable that is pulled: nobody is told. */
    @Test
    void aNetworkThatSwallowsEverythingIsMissedUntilItIsThere() throws Exception {
        FaultProxy network = staged.networks.getFirst();
        try (BufferedReader reader = running()) {
            network.toServer(Fault.NONE.ending(End.BLACK_HOLE, 0)).toClients(Fault.NONE.ending(End.BLACK_HOLE, 0));
            isOneClearError(reader, 0);
            isAway(0);
        } finally {
            network.toServer(Fault.NONE).toClients(Fault.NONE);
        }
        staged.awaitReady();
    }

    /** The rest of a stream: words, then one error that says which stage, not where it is, and nothing after it. */
    private static void isOneClearError(BufferedReader reader, int stage) {
        List<String> events =
                reader.lines().filter(line -> line.startsWith("data: ")).toList();
        List<String> errors =
                events.stream().filter(line -> line.contains("\"error\"")).toList();
        assertThat(errors).hasSize(1);
        assertThat(errors.getFirst()).contains(staged.loss(stage)).doesNotContain("127.0.0.1");
    }

    /** Not ready, and it says why; who comes is told to come again. */
    private static void isAway(int stage) throws Exception {
        await().untilAsserted(() -> assertThat(staged.ready()).startsWith("503").contains(staged.loss(stage)));
        StagedServer.Answer refused = StagedServer.send(staged.head.url, "/v1/completions", completion("hello", 1));
        assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        assertThat(refused.retryAfter()).matches("[1-9]\\d*");
        assertThat(WatchedProcess.value(
                        staged.head.metrics(), "tramontane_stage_ready{stage=\"" + staged.name(stage) + "\"}"))
                .isZero();
        assertThat(staged.head.live()).isEqualTo(200);
    }
}
