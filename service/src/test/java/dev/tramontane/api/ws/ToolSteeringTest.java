package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** {@code response.steer} of answers that call tools: what the user says waits for what the tools say. */
final class ToolSteeringTest {
    private final Script script = Script.mistral();
    private final int[] ids = script.ids("So.«[TOOL_CALLS]»now«[ARGS]»{}");
    private final int[] then = script.ids("Noon.");
    private final int end = script.tokenizer().controlId("</s>").orElseThrow();
    private final ScriptedEngine engine = ScriptedEngine.inTurn(
            List.of(at -> at < ids.length ? ids[at] : end, at -> at < then.length ? then[at] : end));

    private Served served() {
        return new Served(engine, Served.config(), script.tokenizer(), MistralLayout.of(MistralVersion.V13));
    }

    private static JsonObject create(Object input) {
        return JsonObject.of(
                "type",
                "response.create",
                "stream_id",
                "main",
                "input",
                input,
                "tools",
                JsonArray.of(JsonObject.of("type", "function", "name", "now")));
    }

    private static JsonObject steer(String id, String words) {
        return JsonObject.of("type", "response.steer", "previous_response_id", id, "input", words);
    }

    private static List<JsonObject> until(RawSocket socket, String type) throws IOException {
        List<JsonObject> events = new ArrayList<>();
        do {
            events.add(socket.event());
        } while (!events.getLast().getString("type").equals(type));
        return events;
    }

    private static void untilItCalls(RawSocket socket) throws IOException {
        JsonObject added;
        do {
            added = until(socket, "response.output_item.added").getLast().getJsonObject("item");
        } while (!added.getString("type").equals("function_call"));
    }

    private void step(int tokens) {
        Awaitility.await().until(() -> {
            engine.step();
            return engine.runs.getLast().sampled() >= tokens;
        });
    }

    /** The prompt of the last request, control tokens in brackets as they are spelled. */
    private String prompt() {
        StringBuilder text = new StringBuilder();
        for (int id : engine.runs.getLast().submission.prompt()) {
            text.append(id < 256 ? "" + (char) id : script.tokenizer().piece(id));
        }
        return text.toString();
    }

    /** Begins an answer, steers it while it calls, and reads to the word that it waits; returns that. */
    private JsonObject pending(RawSocket socket) throws IOException {
        socket.send(create("What time?"));
        String id = socket.event().getJsonObject("response").getString("id");
        step(8); // Behind the call's name, which is known where the answer is written a moment later.
        untilItCalls(socket);
        socket.send(steer(id, "In Paris."));
        JsonObject accepted = until(socket, "response.steer.accepted").getLast();
        step(ids.length + 1);
        JsonObject ended = until(socket, "response.completed").getLast();
        JsonObject call = ended.getJsonObject("response").getJsonArray("output").getJsonObject(1);
        JsonObject pending = socket.event();
        assertThat(pending)
                .isEqualTo(JsonObject.of(
                        "type",
                        "response.steer.pending",
                        "stream_id",
                        "main",
                        "sequence_number",
                        ended.getInteger("sequence_number") + 1,
                        "reason",
                        "waiting_for_required_input",
                        "required_input",
                        JsonArray.of(JsonObject.of(
                                "type", "function_call_output", "call_id", call.getString("call_id"), "name", "now")),
                        "steer",
                        accepted.getJsonObject("steer")));
        return pending;
    }

    @Test
    void whatWasSaidGoesWithWhatTheToolSays() throws Exception {
        try (Served served = served();
                RawSocket socket = RawSocket.open(served.port)) {
            JsonObject pending = pending(socket);
            String first = pending.getJsonObject("steer").getString("previous_response_id");
            socket.send(create("but").put("previous_response_id", first)); // Lacks it: refused, and the words wait on.
            JsonObject refused = until(socket, "error").getLast().getJsonObject("error");
            assertThat(refused.getString("message")).contains("no function_call_output");
            JsonArray says = JsonArray.of(pending.getJsonArray("required_input")
                    .getJsonObject(0)
                    .copy()
                    .put("output", "12:00"));
            socket.send(create(says).put("previous_response_id", first));
            until(socket, "response.created");
            step(then.length + 1);
            until(socket, "response.completed");
            assertThat(prompt())
                    .contains("[TOOL_CALLS]now")
                    .containsSubsequence("[/TOOL_RESULTS]", "[INST]In Paris.[/INST]")
                    .doesNotContain("but");
            socket.send(create("Thanks."));
            until(socket, "response.created");
            assertThat(prompt()).doesNotContain("Paris");
        }
    }

    /** A thought is nothing that the user was told: the answer goes on to its first words. */
    @Test
    void aThoughtIsNotWhereAnAnswerStops() throws Exception {
        int[] thinks = script.ids("«[THINK]»Hm, so.«[/THINK]»Yes, indeed.");
        ScriptedEngine thinker = new ScriptedEngine(at -> at < thinks.length ? thinks[at] : end);
        try (Served served =
                        new Served(thinker, Served.config(), script.tokenizer(), MistralLayout.of(MistralVersion.V13));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("What time?"));
            String id = socket.event().getJsonObject("response").getString("id");
            Awaitility.await().until(() -> {
                thinker.step();
                return thinker.runs.getFirst().sampled() >= 3;
            });
            until(socket, "response.reasoning_text.delta");
            socket.send(steer(id, "In Paris."));
            until(socket, "response.steer.accepted");
            served.stepping(thinker::step);
            JsonObject stopped = until(socket, "response.incomplete").getLast().getJsonObject("response");
            assertThat(stopped.getJsonObject("incomplete_details").getString("reason"))
                    .isEqualTo("steered");
            JsonArray output = stopped.getJsonArray("output");
            assertThat(output.getJsonObject(0)
                            .getJsonArray("content")
                            .getJsonObject(0)
                            .getString("text"))
                    .isEqualTo("Hm, so.");
            assertThat(output.getJsonObject(1)
                            .getJsonArray("content")
                            .getJsonObject(0)
                            .getString("text"))
                    .isNotEmpty()
                    .satisfies(text -> assertThat("Yes, indeed.").startsWith(text));
            assertThat(until(socket, "response.created")).isNotEmpty();
        }
    }

    @Test
    void whoGoesOnOtherwiseGetsHisWordsBack() throws Exception {
        try (Served served = served();
                RawSocket socket = RawSocket.open(served.port)) {
            JsonObject pending = pending(socket);
            socket.send(create("Never mind."));
            JsonObject failed = socket.event();
            assertThat(failed.getString("type")).isEqualTo("response.steer.failed");
            assertThat(failed.getJsonObject("error").getString("code")).isEqualTo("successor_creation_failed");
            assertThat(failed.getJsonObject("steer"))
                    .isEqualTo(pending.getJsonObject("steer").copy().put("input", "In Paris."));
            assertThat(until(socket, "response.created")).isNotEmpty();
        }
    }
}
