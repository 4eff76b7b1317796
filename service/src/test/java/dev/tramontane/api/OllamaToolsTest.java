package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.JinjaLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.chat.ReasoningPrompt;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Calls and thoughts by Ollama's API, of models that a script plays. */
final class OllamaToolsTest {
    private static final ChatLayout MISTRAL = MistralLayout.of(MistralVersion.V13);
    private static final String CHAT = "/api/chat";
    private static final JsonArray TOOLS = new JsonArray("""
        [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object",
           "required": ["city"], "properties": {"city": {"type": "string", "description": "where"}}}}},
         {"function": {"name": "now"}}]\
        """);

    private static JsonObject message(String role, String content) {
        return new JsonObject().put("role", role).put("content", content);
    }

    private static JsonObject asked(JsonArray messages) {
        return new JsonObject().put("model", TestService.MODEL).put("messages", messages);
    }

    private static JsonObject whole(TestService service, JsonObject body) {
        TestService.Reply reply =
                service.post(CHAT, body.copy().put("stream", false).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonObject("message");
    }

    private static JsonObject function(JsonObject message, int call) {
        return message.getJsonArray("tool_calls").getJsonObject(call).getJsonObject("function");
    }

    @Test
    void callsAreObjectsAndResultsFindTheirs() {
        Script script = Script.mistral()
                .when(
                        "and Nice?",
                        "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}«[TOOL_CALLS]»weather«[ARGS]»{\"city\":"
                                + " \"Nice\"}«[TOOL_CALLS]»now«[ARGS]»{}")
                .when("noon", "Cold, warm, and late.");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonArray messages = new JsonArray().add(message("user", "How are Brest and Nice?"));
            JsonObject body = asked(messages).put("tools", TOOLS);
            JsonObject said = whole(service, body);
            assertThat(said.getString("content")).isEmpty();
            assertThat(function(said, 0))
                    .isEqualTo(new JsonObject(
                            "{\"index\": 0, \"name\": \"weather\", \"arguments\": {\"city\": \"Brest\"}}"));
            assertThat(function(said, 2))
                    .isEqualTo(new JsonObject("{\"index\": 2, \"name\": \"now\", \"arguments\": {}}"));
            JsonArray streamed = new JsonArray();
            for (JsonObject line : JsonLines.of(service.post(CHAT, body.encode()))) {
                line.getJsonObject("message")
                        .getJsonArray("tool_calls", new JsonArray())
                        .forEach(streamed::add);
            }
            assertThat(streamed).hasSize(3);
            assertThat(function(new JsonObject().put("tool_calls", streamed), 1))
                    .isEqualTo(function(said, 1));
            // As clients send it back: without ids, which Ollama's had none of.
            said.getJsonArray("tool_calls").forEach(call -> ((JsonObject) call).remove("id"));
            messages.add(said)
                    .add(message("tool", "noon").put("tool_name", "now"))
                    .add(message("tool", "12 degrees").put("tool_name", "weather"))
                    .add(message("tool", "25 degrees").put("tool_name", "weather"));
            // The layout has results in the order of their calls, which the script could not tell otherwise.
            assertThat(whole(service, body).getString("content")).isEqualTo("Cold, warm, and late.");
        }
    }

    @Test
    void anIdIsKept() {
        try (TestService service = TestService.of("fine")) {
            JsonArray messages = new JsonArray("""
                [{"role": "user", "content": "a"},
                 {"role": "assistant", "thinking": "Hm.", "tool_calls": [
                   {"id": "abc", "function": {"index": 0, "name": "f", "arguments": {"x": [1, 2.5, null, "é"]}}},
                   {"function": {"name": "f", "arguments": {}}}, {"function": {"name": "g"}}]},
                 {"role": "tool", "content": "1", "tool_call_id": "abc"}, {"role": "tool", "content": "2"},
                 {"role": "tool", "content": "3", "tool_name": "g"}]\
                """);
            TestService.Reply reply = service.post(CHAT, asked(messages).encode());
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            List<Map<String, Object>> laidOut = service.layout.last.messages();
            assertThat(laidOut.get(1).get("thinking")).isEqualTo("Hm.");
            assertThat(laidOut.get(1).get("tool_calls"))
                    .isEqualTo(List.of(
                            call("abc", "f", "{\"x\":[1,2.5,null,\"é\"]}"),
                            call("call00001", "f", "{}"),
                            call("call00002", "g", "{}")));
            assertThat(laidOut.subList(2, 5))
                    .extracting(message -> message.get("tool_call_id"))
                    .containsExactly("abc", "call00001", "call00002");
            assertThat(laidOut.getLast().get("name")).isEqualTo("g");
            messages.add(message("tool", "4").put("tool_name", "g"));
            assertThat(service.post(CHAT, asked(messages).encode()).json().getString("error"))
                    .startsWith("messages[5].tool_name: this result answers no call");
        }
    }

    private static Map<String, Object> call(String id, String name, String arguments) {
        return Map.of("id", id, "type", "function", "function", Map.of("name", name, "arguments", arguments));
    }

    /** What is no object, or was cut by a limit, cannot be told as a call: it stays the words that it was written in. */
    @Test
    void whatIsNoCallIsTold() {
        Script script = Script.mistral().when("Brest?", "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonObject body = asked(new JsonArray().add(message("user", "How is Brest?")))
                    .put("tools", TOOLS)
                    .put("options", new JsonObject().put("num_predict", 20));
            JsonObject said = whole(service, body);
            assertThat(said.containsKey("tool_calls")).isFalse();
            assertThat(said.getString("content")).startsWith("weather{\"city\"");
            List<JsonObject> lines = JsonLines.of(service.post(CHAT, body.encode()));
            assertThat(JsonLines.said(lines, "content")).isEqualTo(said.getString("content"));
            assertThat(lines.getLast().getString("done_reason")).isEqualTo("length");
        }
    }

    /** A call that is told as words stands among them where the model wrote it, in one piece and streamed. */
    @Test
    void whatIsNoCallStandsWhereItStood() {
        Script script = Script.mistral()
                .when(
                        "Brest?",
                        "Well, «[TOOL_CALLS]»now«[ARGS]»[1] so «[TOOL_CALLS]»weather«[ARGS]»{} or «[TOOL_CALLS]»now«[ARGS]»2");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonObject body =
                    asked(new JsonArray().add(message("user", "How is Brest?"))).put("tools", TOOLS);
            JsonObject said = whole(service, body);
            assertThat(said.getString("content")).isEqualTo("Well, now[1] so  or now2");
            assertThat(said.getJsonArray("tool_calls")).hasSize(1);
            assertThat(JsonLines.said(JsonLines.of(service.post(CHAT, body.encode())), "content"))
                    .isEqualTo(said.getString("content"));
        }
    }

    @Test
    void thoughtsStandBesideTheContent() {
        Script script = Script.mistral()
                .when("How many legs?", "«[THINK]»A cat, so four.«[/THINK]»Four.")
                .when("Think:[THINK]so[/THINK]", "«[THINK]»No.«[/THINK]»No.");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonObject body = asked(new JsonArray().add(message("user", "How many legs?")));
            // Such a model thinks whether it is asked to or not; how much, it can't be told.
            for (JsonObject each : List.of(body, body.copy().put("think", true))) {
                JsonObject said = whole(service, each);
                assertThat(said.getString("thinking")).isEqualTo("A cat, so four.");
                assertThat(said.getString("content")).isEqualTo("Four.");
                List<JsonObject> lines = JsonLines.of(service.post(CHAT, each.encode()));
                assertThat(JsonLines.said(lines, "thinking")).isEqualTo("A cat, so four.");
                assertThat(JsonLines.said(lines, "content")).isEqualTo("Four.");
            }
            for (Object other : List.of(false, "low")) {
                TestService.Reply refused =
                        service.post(CHAT, body.copy().put("think", other).encode());
                assertThat(refused.status()).isEqualTo(400);
                assertThat(refused.json().getString("error")).contains("reasoning_effort is no setting of this model");
            }
            assertThat(service.get("/api/tags")
                            .json()
                            .getJsonArray("models")
                            .getJsonObject(0)
                            .getJsonArray("capabilities"))
                    .isEqualTo(new JsonArray("[\"completion\", \"tools\", \"insert\", \"thinking\"]"));
            JsonObject generated = service.post("/api/generate", "{\"prompt\": \"How many legs?\", \"stream\": false}")
                    .json();
            assertThat(generated.getString("thinking")).isEqualTo("A cat, so four.");
            assertThat(generated.getString("response")).isEqualTo("Four.");
        }
    }

    /** Models that came with instructions to think are given them; of a template the switches and the effort are set. */
    @Test
    void thinkReachesWhatLetsAModelThink() {
        String template = "{% for m in messages %}<|im_start|>{{ m.role }}\n"
                + "{{ m.content }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
                + "{% if enable_thinking is false %}<think></think>{% endif %}{% if reasoning_effort %}{{ reasoning_effort"
                + " }}{% endif %}{% endif %}";
        JinjaLayout layout = JinjaLayout.of(template, Map.of());
        assertThat(rendered(layout, "any")).endsWith("assistant\nhigh");
        assertThat(rendered(layout, "none")).endsWith("<think></think>none");
        ChatLayout prompted = ReasoningPrompt.of(MISTRAL, "Think:[THINK]so[/THINK]");
        assertThat(rendered(prompted, "any")).contains("Think:").contains("so");
    }

    private static String rendered(ChatLayout layout, String effort) {
        StringBuilder text = new StringBuilder();
        layout.render(new Conversation(
                        List.of(Map.of("role", "user", "content", "hi")),
                        List.of(),
                        true,
                        false,
                        Map.of("reasoning_effort", effort)))
                .pieces()
                .forEach(piece -> text.append(piece instanceof ChatPrompt.Stretch stretch ? stretch.text() : piece));
        return text.toString();
    }
}
