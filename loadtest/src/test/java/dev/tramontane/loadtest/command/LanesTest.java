package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import dev.tramontane.loadtest.KeptAnswers;
import dev.tramontane.loadtest.command.Ran.Report;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several answers at a time over one socket. */
@Timeout(300) // Only a hang reaches it.
class LanesTest {
    private static final int LANES = 4;

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

    private Report run(int requests, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of("--api", "responses", "--lanes", Integer.toString(LANES)));
        all.addAll(List.of("--requests", Integer.toString(requests), "--arrivals", "burst", "--rate", "100000"));
        all.addAll(List.of("--burst", Integer.toString(requests), "--warmup", "0", "--answer", "9"));
        all.addAll(List.of("--grace", "40s", "--max-streams", Integer.toString(2 * LANES)));
        all.addAll(List.of(more));
        return Ran.report(folder, Map.of(), server.url, all.toArray(String[]::new));
    }

    private record Waiting(JsonObject message, ServerWebSocket socket) {}

    /** Answers of all lanes come word by word in turn, each of other words: whoever mixes them up has another text. */
    private void answerInTurn(int together) {
        List<Waiting> waiting = new ArrayList<>();
        server.socketsAnswering((message, socket) -> {
            waiting.add(new Waiting(message, socket));
            if (waiting.size() < together) {
                return;
            }
            for (Waiting one : waiting) {
                send(one, event("created").put("response", new JsonObject().put("id", "resp_" + one.hashCode())));
            }
            for (int word = 0; word < 9; word++) {
                for (Waiting one : waiting) {
                    send(one, event("output_text.delta").put("delta", word(one, word)));
                }
            }
            for (Waiting one : waiting) {
                StringBuilder text = new StringBuilder();
                for (int word = 0; word < 9; word++) {
                    text.append(word(one, word));
                }
                send(one, event("completed").put("response", KeptAnswers.whole(text.toString(), 9)));
            }
            waiting.clear();
        });
    }

    private static String word(Waiting one, int word) {
        return " " + one.message().getString("input").hashCode() + "-" + word;
    }

    private static JsonObject event(String type) {
        return new JsonObject().put("type", "response." + type);
    }

    private static void send(Waiting one, JsonObject event) {
        one.socket()
                .writeTextMessage(event.put("stream_id", one.message().getString("stream_id"))
                        .encode());
    }

    @Test
    void answersSideBySideShareASocket() throws Exception {
        answerInTurn(2 * LANES);
        Report report = run(6 * LANES);
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.json().getInteger("most_running")).isEqualTo(2 * LANES);
        assertThat(server.opened.get()).isBetween(2, 4); // Of each of two event loops as many as all may need.
        assertThat(server.messages.stream()
                        .map(message -> message.getString("stream_id"))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("lane-0", "lane-1", "lane-2", "lane-3");
        JsonObject steady = report.steady();
        assertThat(steady.getJsonObject("ttft").getInteger("count")).isEqualTo(6 * LANES);
        assertThat(steady.getJsonObject("itl").getInteger("count")).isEqualTo(6 * LANES * 8);
    }

    /** One cut takes all lanes of its socket, and each goes on, or begins again where nothing had come. */
    @Test
    void aSocketThatIsCutIsCutForAllItsLanes() throws Exception {
        KeptAnswers answers = new KeptAnswers();
        server.socketsAnswering(answers::socket);
        Report report = run(6 * LANES, "--cut", "1:0.2..0.8:2", "--verify", "24");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("resume", "finished")).isEqualTo(6 * LANES);
        JsonObject connections = report.json().getJsonObject("connections");
        assertThat(connections.getInteger("cut")).isEqualTo(connections.getInteger("resumed"));
        assertThat(connections.getInteger("cut")).isGreaterThanOrEqualTo(6 * LANES * 2);
        assertThat(report.json().getJsonObject("verification").getInteger("checked"))
                .isEqualTo(24);
    }

    /** A socket that may begin nothing more is left when what it has is over; what came too late is asked over another. */
    @Test
    void aSocketWhoseLifeIsOverIsReplaced() throws Exception {
        KeptAnswers answers = new KeptAnswers();
        server.socketsAnswering((message, socket) -> {
            if (server.messages.size() == 1) {
                socket.writeTextMessage(new JsonObject()
                        .put("type", "error")
                        .put("status", 400)
                        .put("code", "websocket_connection_limit_reached")
                        .put("stream_id", message.getString("stream_id"))
                        .encode());
            } else {
                answers.socket(message, socket);
            }
        });
        Report report = run(1);
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(server.opened).hasValue(2);
    }

    /** Whoever leaves by cutting the connection has one of his own: his neighbours are not to suffer. */
    @Test
    void whoLeavesTakesNobodyAlong() throws Exception {
        server.socketsAnswering(new KeptAnswers()::socket);
        Report report = run(40, "--mix", "disconnect=0.5");
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("disconnect", "left") + report.ends("steady", "finished"))
                .isEqualTo(40);
    }
}
