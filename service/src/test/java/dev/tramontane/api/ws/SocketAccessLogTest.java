package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Each response over a socket has its line, with its own id and that of the request which opened the socket. */
class SocketAccessLogTest {
    @Test
    void everyResponseHasALine() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("answer");
        try (AccessLines log = new AccessLines();
                Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            JsonObject create = new JsonObject()
                    .put("type", "response.create")
                    .put("input", "hi")
                    .put("max_output_tokens", 3);
            String id;
            try (RawSocket socket = RawSocket.open(served.port, "X-Request-Id: mine-1")) {
                socket.send(create);
                id = socket.response().getLast().getJsonObject("response").getString("id");
                socket.send("{");
                socket.event();
                Awaitility.await().until(() -> log.with("SOCKET").size() == 2);
            }
            assertThat(log.with("response=" + id))
                    .singleElement()
                    .asString()
                    .matches("SOCKET /v1/responses 200 id=mine-1 trace=[0-9a-f]{32} response=" + id
                            + " end=incomplete prompt_tokens=.*")
                    .contains(" completion_tokens=3 first_ms=", " ms=");
            assertThat(log.with("end=refused"))
                    .singleElement()
                    .asString()
                    .matches("SOCKET /v1/responses 400 id=mine-1 trace=[0-9a-f]{32} end=refused error=.*");
            assertThat(log.with("GET /v1/responses 101"))
                    .singleElement()
                    .asString()
                    .containsPattern(" id=mine-1 trace=[0-9a-f]{32} end=upgraded");
        }
    }
}
