package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import dev.tramontane.loadtest.KeptAnswers;
import dev.tramontane.loadtest.command.Ran.Report;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers whose connections are cut, against a server that keeps answers, or does it wrongly. */
@Timeout(300) // Only a hang reaches it.
class ResumeTest {
    private static final int WORDS = 9;

    @TempDir
    Path folder;

    private final KeptAnswers answers = new KeptAnswers();
    private FakeServer server;

    @BeforeEach
    void serve() {
        server = new FakeServer();
    }

    @AfterEach
    void end() {
        server.close();
    }

    private void keep(String api) {
        server.handling(api.equals("chat") ? answers::chat : answers::response).socketsAnswering(answers::socket);
    }

    private Report run(String api, int requests, String cut, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of("--api", api, "--requests", Integer.toString(requests)));
        all.addAll(List.of("--rate", "1000", "--warmup", "0", "--answer", Integer.toString(WORDS)));
        all.addAll(List.of("--cut", cut, "--grace", "40s"));
        all.addAll(List.of(more));
        return Ran.report(folder, Map.of(), server.url, all.toArray(String[]::new));
    }

    private static JsonObject connections(Report report) {
        return report.json().getJsonObject("connections");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "responses-sse", "responses"})
    void whatIsCutGoesOnWithTheNextEvent(String api) throws Exception {
        keep(api);
        Report report = run(api, 20, "1:0..1:3", "--verify", "20");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        JsonObject connections = connections(report);
        assertThat(connections.getInteger("cut"))
                .isBetween(40, 60) // Some places lie behind the last event.
                .isEqualTo(connections.getInteger("resumed"))
                .isEqualTo(answers.resumed.get());
        assertThat(connections.getInteger("events_lost")).isZero();
        assertThat(connections.getInteger("events_doubled")).isZero();
        assertThat(connections.getInteger("broken")).isZero();
        assertThat(report.ends("resume", "finished")).isEqualTo(20);
        assertThat(report.readers("resume").getInteger("pieces")).isEqualTo(20 * WORDS);
        assertThat(report.json().getJsonObject("verification").getInteger("checked"))
                .isEqualTo(20);
        assertThat(report.ran().out()).contains("none lost, none doubled", "time to go on");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "responses-sse", "responses"})
    void anEventLostOnTheWayIsFound(String api) throws Exception {
        keep(api);
        answers.skipping(1);
        Report report = run(api, 4, "1:0.5..0.5");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(connections(report).getInteger("events_lost")).isEqualTo(4);
        assertThat(connections(report).getInteger("events_doubled")).isZero();
        assertThat(report.ran().out()).contains("4 LOST, 0 DOUBLED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "responses-sse", "responses"})
    void anEventDoubledOnTheWayIsFound(String api) throws Exception {
        keep(api);
        answers.skipping(-2);
        Report report = run(api, 4, "1:0.5..0.5");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(connections(report).getInteger("events_doubled")).isEqualTo(8);
        assertThat(connections(report).getInteger("events_lost")).isZero();
    }

    /** Numbers alone don't tell: a response says at its end what it was. */
    @ParameterizedTest
    @ValueSource(strings = {"responses-sse", "responses"})
    void piecesThatAreNotTheWholeAreFound(String api) throws Exception {
        JsonObject created =
                new JsonObject().put("type", "response.created").put("response", new JsonObject().put("id", "resp_1"));
        JsonObject piece =
                new JsonObject().put("type", "response.output_text.delta").put("delta", "one");
        JsonObject end =
                new JsonObject().put("type", "response.completed").put("response", KeptAnswers.whole("one two", 2));
        List<JsonObject> events = List.of(created, piece, end);
        server.answering((body, response) -> {
            FakeServer.head(response);
            events.forEach(event -> response.write("data: " + event.encode() + "\n\n"));
            response.end();
        });
        server.socketsAnswering((message, socket) -> events.forEach(event -> socket.writeTextMessage(event.encode())));
        Report report = run(api, 1, "0");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(report.json().getJsonObject("reasons").encode()).contains("are not the whole");
    }

    /** An answer that ends for want of time is none that came whole. */
    @ParameterizedTest
    @ValueSource(strings = {"responses-sse", "responses"})
    void anAnswerThatEndsEarlyHasFailed(String api) throws Exception {
        JsonObject end = new JsonObject()
                .put("type", "response.incomplete")
                .put(
                        "response",
                        new JsonObject()
                                .put("incomplete_details", new JsonObject().put("reason", "deadline_exceeded")));
        server.answering((body, response) -> {
            FakeServer.head(response);
            response.end("data: " + end.encode() + "\n\n");
        });
        server.socketsAnswering((message, socket) -> socket.writeTextMessage(end.encode()));
        Report report = run(api, 1, "0");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(report.json().getJsonObject("reasons").encode()).contains("ended early: deadline_exceeded");
    }

    /** A router that sends each new connection anywhere, and knows by a cookie where to: as docs/http.md has it. */
    @Test
    void anotherServersAnswerIsAskedForAgainOverNewConnections() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Set<String> ports = ConcurrentHashMap.newKeySet();
        server.handling((body, request) -> {
            if (request.getHeader("Last-Event-ID") == null) {
                request.response().putHeader("Set-Cookie", "pod=a7; Path=/; HttpOnly");
            } else {
                assertThat(request.getHeader("Cookie")).isEqualTo("pod=a7");
                ports.add(request.remoteAddress().toString());
                if (asked.incrementAndGet() < 4) {
                    refuse(request, 421, "response_elsewhere");
                    return;
                }
            }
            answers.chat(body, request);
        });
        Report report = run("chat", 1, "1:0.5..0.5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(connections(report).getInteger("elsewhere")).isEqualTo(3);
        assertThat(connections(report).getInteger("resumed")).isEqualTo(1);
        assertThat(ports).hasSize(4);
    }

    @Test
    void anotherServersAnswerIsAskedForOverNewSockets() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Set<ServerWebSocket> sockets = ConcurrentHashMap.newKeySet();
        server.socketsAnswering((message, socket) -> {
            boolean resumes = message.getString("type").equals("response.resume");
            if (resumes && sockets.add(socket) && asked.incrementAndGet() < 4) {
                socket.writeTextMessage(
                        new JsonObject().put("type", "error").put("status", 421).encode());
            } else {
                answers.socket(message, socket);
            }
        });
        Report report = run("responses", 1, "1:0.5..0.5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(connections(report).getInteger("elsewhere")).isEqualTo(3);
        assertThat(sockets).hasSize(4);
    }

    private static void refuse(HttpServerRequest request, int status, String message) {
        request.response()
                .setStatusCode(status)
                .end(new JsonObject()
                        .put("error", new JsonObject().put("message", message))
                        .encode());
    }

    @Test
    void aServerThatDrainsIsAskedAgainLater() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        server.handling((body, request) -> {
            if (request.getHeader("Last-Event-ID") != null && asked.incrementAndGet() < 3) {
                refuse(request, 503, "draining");
            } else {
                answers.chat(body, request);
            }
        });
        Report report = run("chat", 1, "1:0.5..0.5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(asked).hasValue(3);
    }

    @Test
    void anAnswerThatIsGoneIsAFailure() throws Exception {
        server.handling((body, request) -> {
            if (request.getHeader("Last-Event-ID") != null) {
                refuse(request, 410, "events_expired");
            } else {
                answers.chat(body, request);
            }
        });
        Report report = run("chat", 2, "1:0.5..0.5");
        assertThat(report.ran().code()).isEqualTo(LoadCommand.FAILURE);
        assertThat(report.ends("resume", "failed")).isEqualTo(2);
        assertThat(report.json().getJsonObject("reasons").getInteger("status 410: events_expired"))
                .isEqualTo(2);
    }

    /** Not cut by us but by the network, or a server that is killed. */
    @Test
    void whatBreaksOtherwiseGoesOnToo() throws Exception {
        server.handling((body, request) -> {
            if (request.getHeader("Last-Event-ID") != null) {
                answers.chat(body, request);
                return;
            }
            FakeServer.head(request.response());
            answers.begin(body, request, 4);
            request.connection().close();
        });
        Report report = run("chat", 3, "1:0..1:0");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(connections(report).getInteger("broken")).isEqualTo(3);
        assertThat(connections(report).getInteger("cut")).isZero();
        assertThat(connections(report).getInteger("resumed")).isEqualTo(3);
        assertThat(report.readers("resume").getInteger("pieces")).isEqualTo(3 * WORDS);
    }

    /** The last event of a server that shuts down is none of the response, and says where it goes on. */
    @ParameterizedTest
    @ValueSource(strings = {"responses-sse", "responses"})
    void aServerThatShutsDownSendsItsReadersElsewhere(String api) throws Exception {
        server.handling((body, request) -> {
            if ("/v1/responses".equals(request.path())) {
                FakeServer.head(request.response());
                answers.drained(body, 3).forEach(event -> request.response().write("data: " + event.encode() + "\n\n"));
                request.response().end();
            } else {
                answers.response(body, request);
            }
        });
        server.socketsAnswering((message, socket) -> {
            if (message.getString("type").equals("response.create")) {
                answers.drained(message, 3).forEach(event -> socket.writeTextMessage(event.encode()));
            } else {
                answers.socket(message, socket);
            }
        });
        Report report = run(api, 2, "1:0..1:0");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(connections(report).getInteger("broken")).isEqualTo(2);
        assertThat(connections(report).getInteger("events_doubled")).isZero();
        assertThat(report.readers("resume").getInteger("pieces")).isEqualTo(2 * WORDS);
    }

    /** Whoever does not come back for an answer does not have it kept. */
    @Test
    void onlyWhoGoesOnAsksForIt() throws Exception {
        keep("responses");
        run("responses", 1, "1");
        assertThat(server.messages.getFirst().getBoolean("store")).isTrue();
        server.messages.clear();
        run("responses", 1, "0");
        assertThat(server.messages.getFirst().getBoolean("store")).isFalse();
    }
}
