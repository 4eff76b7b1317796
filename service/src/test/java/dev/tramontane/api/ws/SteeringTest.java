package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code response.steer}: when the answer stops, what its successor goes on from, and every way it cannot. */
class SteeringTest {
    private static final Set<String> ENDS =
            Set.of("response.completed", "response.incomplete", "response.failed", "response.steer.failed", "error");

    private static JsonObject create(String input) {
        return JsonObject.of("type", "response.create", "stream_id", "main", "input", input, "max_output_tokens", 6);
    }

    private static JsonObject steer(String id, Object input) {
        return JsonObject.of("type", "response.steer", "previous_response_id", id, "input", input);
    }

    private static String prompt(ScriptedEngine.Run run) {
        StringBuilder text = new StringBuilder();
        for (int id : run.submission.prompt()) {
            text.append((char) id);
        }
        return text.toString();
    }

    private static List<String> types(List<JsonObject> events) {
        return events.stream().map(event -> event.getString("type")).toList();
    }

    private static List<JsonObject> untilEnd(RawSocket socket) throws IOException {
        List<JsonObject> events = new ArrayList<>();
        do {
            events.add(socket.event());
        } while (!ENDS.contains(events.getLast().getString("type")));
        return events;
    }

    private static String id(JsonObject event) {
        return event.getJsonObject("response").getString("id");
    }

    private static String said(JsonObject last) {
        return last.getJsonObject("response")
                .getJsonArray("output")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    /** A client that has read so many events of an answer of six tokens steers it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9})
    void atEveryEventTheAnswerStopsAndItsSuccessorGoesOn(int read) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("abcdefgh");
        engine.cached = 4;
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(
                    create("go").put("instructions", "Be brief.").put("seed", 3).put("temperature", 0.5));
            List<JsonObject> events = new ArrayList<>();
            events.add(socket.event());
            for (int tokens = 1; events.size() < read; tokens++) {
                while (engine.runs.getFirst().sampled() < tokens) {
                    engine.step();
                }
                do {
                    events.add(socket.event());
                } while (!events.getLast().getString("type").equals("response.output_text.delta")
                        && events.size() < read);
            }
            socket.send(steer(id(events.getFirst()), "and now?"));
            while (!types(events).getLast().equals("response.steer.accepted")) {
                events.add(socket.event());
            }
            served.stepping(engine::step);
            events.addAll(untilEnd(socket));
            JsonObject last = events.getLast();
            assertThat(types(events)).endsWith("response.incomplete");
            assertThat(last.getJsonObject("response").getJsonObject("incomplete_details"))
                    .isEqualTo(JsonObject.of("reason", "steered"));
            JsonObject accepted = events.stream()
                    .filter(event -> event.getString("type").equals("response.steer.accepted"))
                    .findFirst()
                    .orElseThrow();
            assertThat(accepted.getString("stream_id")).isEqualTo("main");
            assertThat(accepted.getJsonObject("steer").getString("id")).matches("steer_[0-9a-f]{40}");
            assertThat(accepted.getJsonObject("steer").getString("previous_response_id"))
                    .isEqualTo(id(last));
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            }
            String before = said(last);
            assertThat("abcdef").startsWith(before);
            assertThat(before).isNotEmpty();
            assertThat(last.getJsonObject("response").getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(before.length());
            assertThat(last.getJsonObject("response")
                            .getJsonObject("usage")
                            .getJsonObject("input_tokens_details")
                            .getInteger("cached_tokens"))
                    .isEqualTo(4);
            List<JsonObject> successor = untilEnd(socket);
            JsonObject response = successor.getLast().getJsonObject("response");
            assertThat(successor.getFirst().getInteger("sequence_number")).isZero();
            assertThat(response.getString("id")).isNotEqualTo(id(last));
            assertThat(response.getString("previous_response_id")).isEqualTo(id(last));
            assertThat(response.getString("instructions")).isEqualTo("Be brief.");
            assertThat(response.getInteger("max_output_tokens")).isEqualTo(6);
            assertThat(prompt(engine.runs.get(1)))
                    .isEqualTo("system: Be brief.;user: go;assistant: " + before + ";user: and now?;>");
            assertThat(engine.runs.get(1).submission.sampling().seed()).isEqualTo(3);
            Awaitility.await().until(() -> engine.runs.getFirst().over());
        }
    }

    @Test
    void severalWordsBeforeTheFirstTextAreAnsweredTogetherAndOneAtATimeAfterIt() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("abcdefgh");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            String first = id(socket.event());
            socket.send(steer(first, "one"));
            socket.send(steer(
                    first,
                    JsonArray.of(JsonObject.of(
                            "type",
                            "message",
                            "role",
                            "user",
                            "content",
                            JsonArray.of(JsonObject.of("type", "input_text", "text", "two"))))));
            while (!socket.event().getString("type").equals("response.steer.accepted")) {}
            socket.event();
            served.stepping(engine::step);
            untilEnd(socket);
            JsonObject successor = untilEnd(socket).getLast();
            assertThat(successor.getString("type")).isEqualTo("response.incomplete");
            assertThat(prompt(engine.runs.get(1))).isEqualTo("user: go;assistant: a;user: one;user: two;>");
        }
    }

    /** The successor is asked before what its lane has waiting. */
    @Test
    void theSuccessorIsNextInItsLane() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("abcdefgh");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            socket.send(create("waits"));
            socket.send(steer(id(socket.event()), "turn"));
            while (!socket.event().getString("type").equals("response.steer.accepted")) {}
            served.stepping(engine::step);
            for (int i = 0; i < 3; i++) {
                untilEnd(socket);
            }
            assertThat(engine.runs.stream().map(SteeringTest::prompt))
                    .containsExactly("user: go;>", "user: go;assistant: a;user: turn;>", "user: waits;>");
        }
    }

    @Test
    void anAnswerThatEndsByItselfIsFollowedAllTheSame() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            socket.send(steer(id(socket.event()), "say something"));
            while (!socket.event().getString("type").equals("response.steer.accepted")) {}
            served.stepping(engine::step);
            assertThat(types(untilEnd(socket))).endsWith("response.completed");
            assertThat(types(untilEnd(socket))).endsWith("response.completed");
            assertThat(prompt(engine.runs.get(1))).isEqualTo("user: go;assistant: ;user: say something;>");
        }
    }

    @Test
    void wordsForAnAnswerThatFailsOrIsCancelledComeBack() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> ScriptedEngine.FAIL);
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            String first = id(socket.event());
            socket.send(steer(first, "one"));
            String steerId = accepted(socket);
            Awaitility.await().until(engine::step); // Once its reader's demand has come.
            assertThat(types(untilEnd(socket))).endsWith("response.failed");
            assertFailed(untilEnd(socket), "response_not_active", first, steerId);
            socket.send(create("go"));
            String second = id(socket.event());
            socket.send(steer(second, "one"));
            steerId = accepted(socket);
            socket.send(JsonObject.of("type", "response.cancel", "response_id", second));
            assertThat(types(untilEnd(socket))).endsWith("response.incomplete");
            assertFailed(untilEnd(socket), "response_not_active", second, steerId);
        }
    }

    private static String accepted(RawSocket socket) throws IOException {
        JsonObject event = socket.event();
        while (!event.getString("type").equals("response.steer.accepted")) {
            event = socket.event();
        }
        return event.getJsonObject("steer").getString("id");
    }

    private static void assertFailed(List<JsonObject> events, String code, String parent, String steerId) {
        JsonObject failed = events.getLast();
        assertThat(failed.getString("type")).isEqualTo("response.steer.failed");
        assertThat(failed.getJsonObject("error").getString("code")).isEqualTo(code);
        assertThat(failed.getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
        assertThat(failed.getJsonObject("steer"))
                .isEqualTo(JsonObject.of("id", steerId, "previous_response_id", parent, "input", "one"));
        assertThat(failed.getString("stream_id")).isEqualTo("main");
    }

    @Test
    void aSuccessorThatIsNotTakenGivesTheWordsBackAndTheLaneGoesOn() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            String first = id(socket.event());
            socket.send(steer(first, "one"));
            String steerId = accepted(socket);
            engine.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7));
            served.stepping(engine::step);
            assertThat(types(untilEnd(socket))).endsWith("response.incomplete");
            List<JsonObject> failed = untilEnd(socket);
            assertThat(failed).hasSize(1);
            assertFailed(failed, "successor_creation_failed", first, steerId);
            assertThat(failed.getFirst().getJsonObject("error").getString("message"))
                    .isEqualTo("The queue is full.");
            socket.send(create("again"));
            assertThat(socket.event().getString("code")).isEqualTo("rate_limit_exceeded");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ""                                                        | invalid_input
        "  "                                                      | invalid_input
        []                                                        | invalid_input
        5                                                         | invalid_input
        [{"role": "assistant", "content": "a"}]                   | invalid_input
        [{"role": "system", "content": "a"}]                      | invalid_input
        [{"role": "user", "content": "a", "name": "b"}]           | invalid_input
        [{"role": "user", "content": [{"type": "input_image"}]}]  | invalid_input
        [{"type": "function_call_output", "output": "a"}]         | invalid_input
        """)
    void whatIsNoUsersWordsComesBack(String input, String code) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            String first = id(socket.event());
            socket.event();
            socket.send("{\"type\": \"response.steer\", \"previous_response_id\": \"" + first + "\", \"input\": "
                    + input + "}");
            JsonObject failed = socket.event();
            assertThat(failed.getString("type")).isEqualTo("response.steer.failed");
            assertThat(failed.getJsonObject("error").getString("code")).isEqualTo(code);
            assertThat(failed.getJsonObject("error").getString("message")).isNotBlank();
            assertThat(failed.getJsonObject("steer").getValue("input"))
                    .isEqualTo(new JsonObject("{\"input\": " + input + "}").getValue("input"));
            assertThat(failed.getJsonObject("steer").containsKey("id")).isFalse();
            assertThat(failed.getString("stream_id")).isEqualTo("main");
            served.stepping(engine::step);
            assertThat(types(untilEnd(socket))).endsWith("response.completed");
        }
    }

    @Test
    void unknownFieldsAndThoseOfOtherMessagesAreRefused() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(steer("resp_1", "a").put("stream_id", "main"));
            JsonObject failed = socket.event();
            assertThat(failed.getJsonObject("error").getString("code")).isEqualTo("invalid_input");
            assertThat(failed.getJsonObject("error").getString("message")).contains("stream_id");
            socket.send(JsonObject.of("type", "response.steer", "input", "a"));
            assertThat(socket.event().getString("param")).isEqualTo("previous_response_id");
            socket.send(steer("resp_1", "a".repeat(40_000)));
            assertThat(socket.event().getString("param")).isEqualTo("input");
        }
    }

    @Test
    void saysWhyAnAnswerIsNotToBeSteered() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port);
                RawSocket other = RawSocket.open(served.port)) {
            socket.send(steer("resp_none", "a"));
            assertThat(code(socket.event())).isEqualTo("response_not_found");
            socket.send(create("go"));
            String first = id(untilEnd(socket).getLast());
            socket.send(steer(first, "a"));
            JsonObject late = socket.event();
            assertThat(code(late)).isEqualTo("response_already_completed");
            assertThat(late.getString("stream_id")).isEqualTo("main");
            socket.send(create("go").put("max_output_tokens", 1));
            socket.send(steer(id(untilEnd(socket).getLast()), "a"));
            assertThat(code(socket.event())).isEqualTo("response_not_active");
            other.send(steer(first, "a"));
            assertThat(code(other.event())).isEqualTo("response_not_found");
        }
    }

    private static String code(JsonObject failed) {
        assertThat(failed.getString("type")).isEqualTo("response.steer.failed");
        return failed.getJsonObject("error").getString("code");
    }

    @Test
    void soManyMessagesWaitForOneAnswer() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            String first = id(socket.event());
            socket.event();
            for (int i = 0; i < 8; i++) {
                socket.send(steer(first, "w" + i));
                accepted(socket);
            }
            socket.send(steer(first, "w8"));
            assertThat(code(socket.event())).isEqualTo("too_many_pending_steers");
            served.stepping(engine::step);
            untilEnd(socket);
            untilEnd(socket);
            assertThat(prompt(engine.runs.get(1))).endsWith("user: w6;user: w7;>");
        }
    }

    /** {@code generate: false}: the prompt is computed, nothing is said, and there is nothing to steer. */
    @Test
    void aPreparedPromptSaysNothing() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go").put("generate", false));
            String first = id(socket.event());
            socket.event();
            socket.send(steer(first, "a"));
            assertThat(code(socket.event())).isEqualTo("steering_not_supported");
            Awaitility.await().until(engine::step);
            JsonObject last = untilEnd(socket).getLast();
            assertThat(last.getString("type")).isEqualTo("response.completed");
            assertThat(last.getJsonObject("response").getJsonArray("output")).isEmpty();
            assertThat(last.getJsonObject("response").getJsonObject("usage").getInteger("output_tokens"))
                    .isZero();
            assertThat(last.getJsonObject("response").getInteger("max_output_tokens"))
                    .isEqualTo(6);
            assertThat(engine.runs.getFirst().submission.maxTokens()).isZero();
        }
    }
}
