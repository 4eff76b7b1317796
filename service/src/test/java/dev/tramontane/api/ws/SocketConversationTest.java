package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code previous_response_id} on a socket: what a lane goes on from, what it forgets, and what others may use. */
class SocketConversationTest {

    private static JsonObject create(String lane, String input, @Nullable String previous, boolean store) {
        return JsonObject.of(
                "type",
                "response.create",
                "stream_id",
                lane,
                "input",
                input,
                "store",
                store,
                "previous_response_id",
                previous);
    }

    private static String prompt(ScriptedEngine engine) {
        StringBuilder text = new StringBuilder();
        for (int id : engine.runs.getLast().submission.prompt()) {
            text.append((char) id);
        }
        return text.toString();
    }

    /** The id of the response that completes. */
    private static String completed(RawSocket socket) throws IOException {
        JsonObject last = socket.response().getLast();
        assertThat(last.getString("type")).as(last.encode()).isEqualTo("response.completed");
        return last.getJsonObject("response").getString("id");
    }

    private static void assertUnknown(RawSocket socket, String lane) throws IOException {
        JsonObject error = socket.event();
        assertThat(error.getString("code")).as(error.encode()).isEqualTo("previous_response_not_found");
        assertThat(error.getInteger("status")).isEqualTo(400);
        assertThat(error.getString("param")).isEqualTo("previous_response_id");
        assertThat(error.getString("stream_id")).isEqualTo(lane);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLaneGoesOnFromItsLastResponseAndStartsAnewWithoutOne(boolean store) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("a", "one", null, store).put("instructions", "Be brief."));
            String first = completed(socket);
            socket.send(create("a", "two", first, store));
            JsonObject second = socket.response().getLast().getJsonObject("response");
            assertThat(second.getString("previous_response_id")).isEqualTo(first);
            assertThat(second.getBoolean("store")).isEqualTo(store);
            assertThat(prompt(engine))
                    .as("instructions are not carried over")
                    .isEqualTo("user: one;assistant: fine;user: two;>");
            socket.send(create("a", "three", second.getString("id"), store).put("instructions", "Be long."));
            completed(socket);
            assertThat(prompt(engine))
                    .isEqualTo("system: Be long.;user: one;assistant: fine;user: two;assistant: fine;user: three;>");
            socket.send(create("a", "other", null, store));
            completed(socket);
            assertThat(prompt(engine)).isEqualTo("user: other;>");
            assertThat(served.store.count()).isEqualTo(store ? 4 : 0);
        }
    }

    @Test
    void anotherLaneForksAndBothGoOn() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("main", "one", null, false));
            String first = completed(socket);
            socket.send(create("critic", "gaps?", first, false));
            String critic = completed(socket);
            assertThat(prompt(engine)).isEqualTo("user: one;assistant: fine;user: gaps?;>");
            socket.send(create("main", "two", first, false));
            completed(socket);
            assertThat(prompt(engine)).isEqualTo("user: one;assistant: fine;user: two;>");
            socket.send(create("critic", "more?", critic, false));
            completed(socket);
            assertThat(prompt(engine)).contains("gaps?").endsWith("user: more?;>");
            // The lane that it came from has gone on, and nothing else has it.
            socket.send(create("critic", "again", first, false));
            assertUnknown(socket, "critic");
            served.store.sweep();
            assertThat(served.store.count()).isZero();
        }
    }

    @Test
    void aRequestSentBeforeItsParentHasEndedWaitsForIt() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("a", "one", null, false));
            String first = socket.event().getJsonObject("response").getString("id");
            socket.send(create("a", "two", first, false));
            served.stepping(engine::step);
            completed(socket);
            completed(socket);
            assertThat(prompt(engine)).isEqualTo("user: one;assistant: fine;user: two;>");
        }
    }

    /** As OpenAI documents it: a failed continuation gives its own lane's parent up, a failed fork nobody's. */
    @ParameterizedTest
    @ValueSource(strings = {"invalid field", "too long", "refused by the engine's side"})
    void aFailedRequestForgetsItsOwnLanesParentOnly(String how) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("a", "one", null, false));
            String a = completed(socket);
            socket.send(create("b", "one", null, false));
            String b = completed(socket);
            socket.send(broken("c", a, how)); // A fork.
            assertThat(socket.response().getLast().getString("stream_id")).isEqualTo("c");
            socket.send(create("c", "works", a, false));
            completed(socket);
            socket.send(broken("a", a, how));
            assertThat(socket.response().getLast().getString("type")).isEqualTo("error");
            socket.send(create("a", "two", a, false));
            assertUnknown(socket, "a");
            socket.send(create("b", "two", b, false));
            completed(socket);
            socket.send(broken("b", null, how)); // It went on from nothing.
            socket.response();
        }
    }

    private static JsonObject broken(String lane, @Nullable String previous, String how) {
        return switch (how) {
            case "invalid field" -> create(lane, "x", previous, false).put("temperature", -1);
            case "too long" -> create(lane, "x".repeat(5000), previous, false);
            default -> create(lane, "x", previous, false).put("max_output_tokens", 4090);
        };
    }

    @Test
    void aStoredParentOutlivesItsSocketAndTheOthersDoNot() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            String stored;
            String local;
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create("a", "one", null, true));
                stored = completed(socket);
                socket.send(create("b", "one", null, false));
                local = completed(socket);
            }
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create("a", "two", stored, true));
                completed(socket);
                assertThat(prompt(engine)).isEqualTo("user: one;assistant: fine;user: two;>");
                socket.send(create("b", "two", local, true));
                assertUnknown(socket, "b");
            }
        }
    }

    /** {@code generate: false} prepares what a later turn goes on from. */
    @Test
    void aPreparedPromptIsGoneOnFrom() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("a", "long text", null, false).put("generate", false));
            String prepared = completed(socket);
            socket.send(create("a", "question", prepared, false));
            completed(socket);
            assertThat(prompt(engine)).isEqualTo("user: long text;user: question;>");
        }
    }

    @Test
    void whatAClientKeepsOfALaneIsHeldWithinTheMemory() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create("a", "x".repeat(1000), null, false));
                String first = completed(socket);
                long one = served.memory.held();
                assertThat(one).isGreaterThan(2000);
                socket.send(create("a", "y", first, false));
                completed(socket);
                org.awaitility.Awaitility.await().until(() -> served.memory.held() < 2 * one);
            }
            org.awaitility.Awaitility.await().until(() -> served.memory.held() == 0);
        }
    }

    @Test
    void itemsOfStoredResponsesAreReferredTo() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("a", "one", null, true));
            List<JsonObject> events = socket.response();
            String item = events.getLast()
                    .getJsonObject("response")
                    .getJsonArray("output")
                    .getJsonObject(0)
                    .getString("id");
            socket.send(JsonObject.of(
                    "type",
                    "response.create",
                    "input",
                    JsonArray.of(
                            JsonObject.of("type", "item_reference", "id", item),
                            JsonObject.of("role", "user", "content", "go"))));
            completed(socket);
            assertThat(prompt(engine)).isEqualTo("assistant: fine;user: go;>");
        }
    }
}
