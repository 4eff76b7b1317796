package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Instance;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages about a response that another server behind the same address has made. */
class ForeignResponsesTest {
    private static final Instance FIRST = Instance.named("tramontane-1");
    private static final Instance SECOND = Instance.named("tramontane-2");

    private static Served served(ScriptedEngine engine, Instance which) {
        return new Served(engine, Served.config().as(which)).stepping(engine::step);
    }

    private static String answered(Served served) throws Exception {
        try (RawSocket socket = RawSocket.open(served.port)) {
            socket.send(JsonObject.of("type", "response.create", "input", "go"));
            JsonObject created = socket.event().getJsonObject("response");
            socket.response();
            return created.getString("id");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"type": "response.resume", "response_id": "ID"}                               | response_id
        {"type": "response.resume", "response_id": "ID", "starting_after": 2}          | response_id
        {"type": "response.cancel", "response_id": "ID"}                               | response_id
        {"type": "response.demand", "response_id": "ID", "events": 1}                  | response_id
        {"type": "response.create", "input": "and?", "previous_response_id": "ID"}     | previous_response_id
        """)
    void areToldWhoseItIs(String message, String param) throws Exception {
        try (Served first = served(new ScriptedEngine("Hi!"), FIRST);
                Served second = served(new ScriptedEngine("Hi!"), SECOND);
                RawSocket socket = RawSocket.open(second.port)) {
            String id = answered(first);
            assertThat(id).startsWith("resp_" + FIRST.mark());
            socket.send(message.replace("ID", id));
            JsonObject event = socket.event();
            assertThat(event.getString("type")).as(event.encode()).isEqualTo("error");
            assertThat(event.getInteger("status")).isEqualTo(421);
            assertThat(event.getString("code")).isEqualTo("response_elsewhere");
            assertThat(event.getString("param")).isEqualTo(param);
            assertThat(event.getString("message")).contains(id, FIRST.mark(), SECOND.mark());
            assertThat(event.getJsonObject("error").getJsonObject("headers"))
                    .isEqualTo(JsonObject.of("x-tramontane-instance", FIRST.mark()));
            socket.send(JsonObject.of("type", "response.create", "input", "go")); // The socket goes on.
            assertThat(socket.response().getLast().getString("type")).isEqualTo("response.completed");
        }
    }

    @Test
    void aSuccessorBeginsWithTheMarkToo() throws Exception {
        try (Served served = served(new ScriptedEngine(at -> 'x'), FIRST);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(JsonObject.of("type", "response.create", "input", "go"));
            String id = socket.event().getJsonObject("response").getString("id");
            socket.send(JsonObject.of("type", "response.steer", "previous_response_id", id, "input", "shorter"));
            JsonObject event = socket.event();
            while (!event.getString("type").startsWith("response.steer")) {
                event = socket.event();
            }
            assertThat(event.encode()).contains("resp_" + FIRST.mark()).contains("response.steer.accepted");
            while (!event.getString("type").equals("response.created")) {
                event = socket.event();
            }
            assertThat(event.getJsonObject("response").getString("id"))
                    .isNotEqualTo(id)
                    .startsWith("resp_" + FIRST.mark());
        }
    }
}
