package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import dev.tramontane.loadtest.command.Ran.Report;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole program against a server that does what the test says. */
@Timeout(300) // Only a hang reaches it.
class LoadTest {
    @TempDir
    Path folder;

    private FakeServer server;

    @BeforeEach
    void serve() {
        server = new FakeServer();
    }

    @AfterEach
    void end() {
        server.close();
    }

    private Report run(String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(options));
        if (!all.contains("--grace")) {
            all.addAll(List.of("--grace", "40s"));
        }
        return Ran.report(folder, Map.of(), server.url, all.toArray(String[]::new));
    }

    /** So many requests at once, of nine tokens each, by readers of these kinds. */
    private Report readers(int requests, String mix, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--requests",
                Integer.toString(requests),
                "--rate",
                "1000",
                "--warmup",
                "0",
                "--answer",
                "9",
                "--mix",
                mix));
        all.addAll(List.of(more));
        return run(all.toArray(String[]::new));
    }

    /** No stream ends before all have begun, so that the client really holds them side by side. */
    @Test
    void aThousandStreamsAtATimeOverSse() throws Exception {
        Queue<HttpServerResponse> open = new ConcurrentLinkedQueue<>();
        AtomicInteger count = new AtomicInteger();
        server.answering((body, response) -> {
            FakeServer.head(response);
            FakeServer.send(response, " first");
            open.add(response);
            if (count.incrementAndGet() == 1000) {
                for (int token = 0; token < 30; token++) {
                    open.forEach(each -> FakeServer.send(each, " w"));
                }
                open.forEach(each -> FakeServer.finish(each, 31));
            }
        });
        Report report = run(
                "--warmup", "0", "--arrivals", "burst", "--burst", "1000", "--rate", "100000", "--requests", "1000");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.json().getInteger("most_running")).isEqualTo(1000);
        assertThat(report.steady().getInteger("answer_tokens")).isEqualTo(31_000);
        assertThat(report.steady().getInteger("pieces")).isEqualTo(31_000);
        assertThat(report.steady().getJsonObject("itl").getInteger("count")).isEqualTo(30_000);
        assertThat(report.steady().getJsonObject("ttft").getInteger("count")).isEqualTo(1000);
    }

    @Test
    void aThousandStreamsAtATimeOverSockets() throws Exception {
        Queue<io.vertx.core.http.ServerWebSocket> open = new ConcurrentLinkedQueue<>();
        AtomicInteger count = new AtomicInteger();
        server.socketsAnswering((message, socket) -> {
            FakeServer.created(socket, "resp_x");
            open.add(socket);
            if (count.incrementAndGet() == 1000) {
                for (int token = 0; token < 30; token++) {
                    open.forEach(each -> FakeServer.delta(each, " w"));
                }
                open.forEach(each -> FakeServer.completed(each, "response.completed", 30));
            }
        });
        Report report = run(
                "--api", "responses", "--warmup", "0", "--arrivals", "closed", "--users", "1000", "--requests", "1000");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.json().getInteger("most_running")).isEqualTo(1000);
        assertThat(report.steady().getInteger("pieces")).isEqualTo(30_000);
        assertThat(report.json().getString("loop")).isEqualTo("closed");
    }

    /** One stream at a time, and a server that never answers the first before the second is due: the second's wait counts. */
    @Test
    void timesCountFromTheIntendedStart() throws Exception {
        Queue<HttpServerResponse> open = new ConcurrentLinkedQueue<>();
        server.answering((body, response) -> {
            open.add(response);
            int number = open.size();
            // The first waits until three more are due: 4 arrive at once.
            server.vertx.setTimer(number == 1 ? 300 : 1, now -> FakeServer.sendAll(response, List.of(" a", " b")));
        });
        Report report = run(
                "--warmup",
                "0",
                "--arrivals",
                "burst",
                "--burst",
                "4",
                "--rate",
                "100000",
                "--requests",
                "4",
                "--max-streams",
                "1");
        assertThat(report.json().getJsonObject("late").getInteger("most_waiting"))
                .isEqualTo(3);
        // What the server held back for 300 ms cost all four of them that time.
        assertThat(report.steady().getJsonObject("ttft").getDouble("sum")).isGreaterThan(4 * 0.299);
        assertThat(report.json().getJsonObject("late").getDouble("sum")).isGreaterThan(3 * 0.299);
    }

    @Test
    void onlyStandardFieldsUnlessToldOtherwise() throws Exception {
        run("--requests", "1", "--warmup", "0", "--rate", "1000");
        assertThat(server.bodies.getLast().fieldNames())
                .containsExactlyInAnyOrder(
                        "model", "messages", "max_tokens", "temperature", "stream", "stream_options");
        run(
                "--requests",
                "1",
                "--warmup",
                "0",
                "--rate",
                "1000",
                "--ignore-eos",
                "--field",
                "seed=7",
                "--field",
                "stop=[\"x\"]");
        assertThat(server.bodies.getLast().getBoolean("ignore_eos")).isTrue();
        assertThat(server.bodies.getLast().getInteger("seed")).isEqualTo(7);
        assertThat(server.bodies.getLast().getJsonArray("stop")).containsExactly("x");
        run("--requests", "1", "--warmup", "0", "--rate", "1000", "--api", "responses");
        assertThat(server.messages.getLast().fieldNames())
                .containsExactlyInAnyOrder("type", "model", "input", "max_output_tokens", "store", "temperature");
    }

    @Test
    void readersThatLeaveAreSeenToLeaveByTheServer() throws Exception {
        server.answering((body, response) -> {
            FakeServer.head(response);
            for (int i = 0; i < body.getInteger("max_tokens"); i++) {
                FakeServer.send(response, " w" + i); // and no end: who reads on would wait for ever
            }
        });
        Report report = readers(20, "disconnect=0.5,cancel=0.5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("disconnect", "left") + report.ends("cancel", "left"))
                .isEqualTo(20);
        // A server sees that its reader has gone later than the reader goes.
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> server.cut.get() == 20);
        assertThat(report.steady().getInteger("requests")).isZero();
    }

    @Test
    void readersThatComeAgainAskTheSameAgain() throws Exception {
        Report report = readers(5, "reconnect=1", "--verify", "5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("reconnect", "finished")).isEqualTo(5);
        assertThat(server.bodies).hasSize(5 * 2 + 5);
        assertThat(server.bodies.stream().distinct()).hasSize(5);
        assertThat(report.json().getJsonObject("verification").getInteger("checked"))
                .isEqualTo(5);
    }

    @Test
    void aSocketIsToldToCancelByTheAnswersName() throws Exception {
        server.socketsAnswering((message, socket) -> {
            if (message.getString("type").equals("response.create")) {
                FakeServer.created(socket, "resp_42");
                FakeServer.words(message).forEach(word -> FakeServer.delta(socket, word));
            } else {
                FakeServer.completed(socket, "response.incomplete", 2);
            }
        });
        Report report = readers(3, "cancel=1", "--api", "responses");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("cancel", "left")).isEqualTo(3);
        assertThat(server.messages.stream()
                        .filter(message -> message.getString("type").equals("response.cancel")))
                .hasSize(3)
                .allSatisfy(
                        message -> assertThat(message.getString("response_id")).isEqualTo("resp_42"));
    }

    @Test
    void aTokenMissingOrDoubledUnderLoadIsFound() throws Exception {
        AtomicInteger count = new AtomicInteger();
        server.answering((body, response) -> {
            List<String> words = new java.util.ArrayList<>(FakeServer.words(body));
            int number = count.incrementAndGet();
            if (number == 2) {
                words.remove(3);
            } else if (number == 3) {
                words.add(4, words.get(4));
            }
            FakeServer.sendAll(response, words);
        });
        Report report = run("--requests", "4", "--rate", "1000", "--warmup", "0", "--answer", "9", "--verify", "4");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        JsonObject verification = report.json().getJsonObject("verification");
        assertThat(verification.getInteger("checked")).isEqualTo(4);
        assertThat(verification.getJsonArray("differences")).hasSize(2);
        assertThat(verification.getJsonArray("differences").encode())
                .contains("after 11 equal characters", "after 17 equal");
        assertThat(report.ran().out()).contains("2 DIFFER");
    }

    @Test
    void keysGoToTheServerAndNowhereElse() throws Exception {
        Path keys = folder.resolve("keys");
        Files.writeString(keys, "# two\npolite sk-polite-1 1\nflood  sk-flood-2 3\n");
        Report report = run("--requests", "40", "--rate", "1000", "--warmup", "0", "--keys", keys.toString());
        assertThat(server.authorizations).hasSize(40).contains("Bearer sk-polite-1", "Bearer sk-flood-2");
        assertThat(report.json().getJsonObject("tenants").fieldNames()).containsExactlyInAnyOrder("polite", "flood");
        assertThat(report.json().encode() + report.ran()).doesNotContain("sk-polite", "sk-flood");
        server.authorizations.clear();
        Ran.report(folder, Map.of("LOADTEST_API_KEY", "sk-3"), server.url, "--requests", "1", "--rate", "1000");
        assertThat(server.authorizations).containsExactly("Bearer sk-3", "Bearer sk-3");
    }

    @Test
    void refusalsAndFailuresAreToldApartAndWhy() throws Exception {
        AtomicInteger count = new AtomicInteger();
        server.answering((body, response) -> {
            switch (count.incrementAndGet()) {
                case 1 -> response.setStatusCode(429).end("{\"error\":{\"message\":\"no room\"}}");
                case 2 -> response.setStatusCode(400).end("{\"error\":{\"message\":\"no such model\"}}");
                case 3 -> {
                    FakeServer.head(response);
                    FakeServer.send(response, " a");
                    response.end(); // neither a reason nor an end
                }
                case 4 -> response.end("{}");
                case 5 -> {
                    FakeServer.head(response);
                    response.end("data: {\"error\":{\"message\":\"the model failed\"}}\n\n");
                }
                case 6 -> {
                    FakeServer.head(response);
                    response.end("data: {nonsense\n\n");
                }
                default -> FakeServer.sendAll(response, FakeServer.words(body));
            }
        });
        Report report =
                run("--requests", "7", "--arrivals", "closed", "--users", "1", "--warmup", "0", "--slo", "e2e=1h");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        JsonObject ends = report.steady().getJsonObject("ends");
        assertThat(ends.getInteger("refused")).isEqualTo(1);
        assertThat(ends.getInteger("failed")).isEqualTo(5);
        assertThat(ends.getInteger("finished")).isEqualTo(1);
        assertThat(report.steady().getInteger("met")).isEqualTo(1);
        assertThat(report.steady().getJsonObject("e2e").getInteger("count")).isEqualTo(1);
        assertThat(report.json().getJsonObject("reasons").encode())
                .contains("status 429: no room", "status 400: no such model", "cut", "not text/event-stream")
                .contains("the model failed", "an event cannot be read");
    }

    @Test
    void whatIsNotOverAtTheEndIsCutAndSaid() throws Exception {
        server.answering((body, response) -> FakeServer.head(response.setStatusCode(200)));
        Report report = run("--requests", "3", "--rate", "1000", "--warmup", "0", "--grace", "50ms");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(report.ends("steady", "unfinished")).isEqualTo(3);
    }

    /** The server writes without regard; what a slow reader has not read waits in the server, not in the client. */
    @Test
    void slowReadersLetTheServerWait() throws Exception {
        AtomicInteger full = new AtomicInteger();
        String large = " x".repeat(4096);
        server.answering((body, response) -> {
            FakeServer.head(response);
            for (int i = 0; i < 2000; i++) {
                FakeServer.send(response, large);
            }
            server.vertx.setTimer(500, later -> {
                if (response.writeQueueFull()) {
                    full.incrementAndGet();
                }
            });
        });
        Report report = run("--requests", "1", "--rate", "1000", "--warmup", "0", "--mix", "slow=1", "--grace", "2s");
        assertThat(report.ends("slow", "unfinished")).isEqualTo(1);
        assertThat(full.get()).isEqualTo(1);
        assertThat(report.readers("slow").getInteger("pieces")).isLessThan(1000);
    }

    @Test
    void sweepFindsTheKneeAndCompareShowsBoth() {
        Ran sweep = Ran.of(
                "sweep",
                "--url",
                server.url,
                "--slo",
                "e2e=1ms",
                "--from",
                "1",
                "--duration",
                "1s",
                "--arrivals",
                "constant",
                "--warmup",
                "0");
        assertThat(sweep.code()).as(sweep.toString()).isIn(LoadCommand.OK, LoadCommand.FAILURE);
        assertThat(sweep.out()).containsAnyOf("knee: ", "breaks at");
        Ran compare = Ran.of("compare", server.url, server.url, "--requests", "3", "--rate", "1000");
        assertThat(compare.code()).as(compare.toString()).isZero();
        assertThat(compare.out())
                .contains("requests finished               3            3     1.00", "first token, p99");
    }
}
