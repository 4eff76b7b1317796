package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Requests as editors and coding agents send them, which bring no library: their fields, in their order, with headers of
 * theirs; words and tools are ours. Sources: Continue, {@code core/llm/openaiTypeConverters.ts} and {@code llms/OpenAI.ts};
 * Mistral Vibe, {@code vibe/core/llm/backend/generic.py} and {@code reasoning_adapter.py}.
 */
class EditorRequestsTest {
    private static final ChatLayout LAYOUT = MistralLayout.of(MistralVersion.V13);

    private final TestService service = TestService.playing(
            Script.mistral()
                    .when("Where is main?", "I look.«[TOOL_CALLS]»grep«[ARGS]»{\"pattern\": \"main\", \"path\": \".\"}")
                    .when("src/app.py:3: main()", "It is in src/app.py.")
                    .when("Rename x to count.", "count = 1\n")
                    .when("Why?", "«[THINK]»It asks why.«[/THINK]»Because.")
                    .when("And then?", "«[THINK]»Go on.«[/THINK]»Then that.")
                    .goingOn("«[PREFIX]»def add(a, b):\n    return ", "a + b")
                    .goingOn("def mul(a, b):\n    return ", "a * b"),
            LAYOUT);

    @AfterEach
    void close() {
        service.close();
    }

    private TestService.Reply post(String path, JsonObject body) {
        TestService.Reply reply =
                service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer ")
                        .header("api-key", "")
                        .header("x-api-key", "")
                        .POST(HttpRequest.BodyPublishers.ofString(body.encode())));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply;
    }

    private JsonObject body(String text) {
        return new JsonObject(text).put("model", TestService.MODEL);
    }

    private static List<JsonObject> deltas(TestService.Reply reply) {
        List<JsonObject> deltas = new ArrayList<>();
        for (JsonObject event : reply.events()) {
            JsonArray choices = event.getJsonArray("choices");
            if (!choices.isEmpty()) {
                deltas.add(choices.getJsonObject(0).getJsonObject("delta"));
            }
        }
        return deltas;
    }

    private static String joined(List<JsonObject> deltas, String field) {
        StringBuilder all = new StringBuilder();
        deltas.forEach(delta -> all.append(delta.getString(field, "")));
        return all.toString();
    }

    private static String arguments(List<JsonObject> deltas) {
        StringBuilder all = new StringBuilder();
        for (JsonObject delta : deltas) {
            for (Object call : delta.getJsonArray("tool_calls", new JsonArray())) {
                all.append(((JsonObject) call).getJsonObject("function").getString("arguments"));
            }
        }
        return all.toString();
    }

    private static final String TOOLS = """
            [{"type": "function", "function": {"name": "grep", "description": "Finds a pattern.",
              "parameters": {"type": "object", "required": ["pattern"], "properties": {
                "pattern": {"type": "string", "description": "What to find."}, "path": {"type": "string"}}}}}]""";

    @Test
    void continuesAgent() {
        JsonObject asked = body("""
                {"messages": [{"role": "system", "content": "You edit code."},
                  {"role": "user", "content": "Where is main?"}],
                 "max_tokens": 4096, "temperature": 0.5, "stream": true}""").put("tools", new JsonArray(TOOLS));
        List<JsonObject> deltas = deltas(post("/v1/chat/completions", asked));
        assertThat(joined(deltas, "content")).isEqualTo("I look.");
        assertThat(arguments(deltas)).isEqualTo("{\"pattern\": \"main\", \"path\": \".\"}");
        // What was said goes back as a blank where there was nothing.
        JsonObject answered = asked.copy();
        answered.getJsonArray("messages").addAll(new JsonArray("""
                [{"role": "assistant", "content": " ", "tool_calls": [{"id": "abcDEF123", "type": "function",
                   "function": {"name": "grep", "arguments": "{\\"pattern\\": \\"main\\", \\"path\\": \\".\\"}"}}]},
                 {"role": "tool", "content": "src/app.py:3: main()", "tool_call_id": "abcDEF123"}]"""));
        assertThat(joined(deltas(post("/v1/chat/completions", answered)), "content"))
                .isEqualTo("It is in src/app.py.");
    }

    @Test
    void continuesEdit() {
        JsonObject asked = body("""
                {"messages": [{"role": "user", "content": "```\\nx = 1\\n```\\nRename x to count."}],
                 "max_tokens": 2048, "temperature": 0.01, "stream": true, "stop": ["```", "\\n\\n\\n"]}""");
        assertThat(joined(deltas(post("/v1/chat/completions", asked)), "content"))
                .isEqualTo("count = 1\n");
    }

    @Test
    void continuesGaps() {
        JsonObject asked = body("""
                {"prompt": "def add(a, b):\\n    return ", "suffix": "\\n", "max_tokens": 256, "temperature": 0.01,
                 "stop": ["[PREFIX]", "[SUFFIX]", "\\n\\n", "/src/", "#- coding: utf-8", "```", "\\n<|end|>", "<file>",
                   "\\nfunction", "\\nclass", "\\nmodule"],
                 "stream": true}""");
        List<JsonObject> deltas = deltas(post("/v1/fim/completions", asked));
        assertThat(joined(deltas, "content")).isEqualTo("a + b");
    }

    @Test
    void continuesCompletionsOfTheirOwnTemplate() {
        JsonObject asked = body("""
                {"prompt": "<fim_prefix>def mul(a, b):\\n    return ", "max_tokens": 256, "temperature": 0.01,
                 "presence_penalty": 0, "frequency_penalty": 0, "stream": true, "stop": ["<fim_prefix>", "\\n\\n"]}""");
        StringBuilder text = new StringBuilder();
        for (JsonObject event : post("/v1/completions", asked).events()) {
            text.append(event.getJsonArray("choices").getJsonObject(0).getString("text"));
        }
        assertThat(text).hasToString("a * b");
    }

    @Test
    void vibesTools() {
        JsonObject asked = body("""
                {"messages": [{"role": "system", "content": "You edit code."}, {"role": "user", "content": "Where is main?"}],
                 "temperature": 0.2, "tool_choice": "auto", "stream": true,
                 "stream_options": {"include_usage": true, "stream_tool_calls": true}}""").put("tools", new JsonArray(TOOLS));
        TestService.Reply reply = post("/v1/chat/completions", asked);
        for (String line : reply.body().split("\n", -1)) {
            assertThat(line).matches(".+: .*|"); // It takes nothing else for a line of a stream.
        }
        assertThat(arguments(deltas(reply))).isEqualTo("{\"pattern\": \"main\", \"path\": \".\"}");
        assertThat(reply.events().getLast().getJsonObject("usage").getInteger("prompt_tokens"))
                .isPositive();
        // Its probe for the size of a prompt: a message without words behind the last.
        JsonObject probe = asked.copy().put("max_tokens", 16);
        probe.remove("stream");
        probe.remove("stream_options");
        probe.getJsonArray("messages").addAll(new JsonArray("""
                [{"role": "assistant", "reasoning_content": "I must look.", "tool_calls": [{"id": "abcDEF123", "index": 0,
                   "function": {"name": "grep", "arguments": "{\\"pattern\\": \\"main\\", \\"path\\": \\".\\"}"},
                   "type": "function"}]},
                 {"role": "tool", "content": "src/app.py:3: main()", "name": "grep", "tool_call_id": "abcDEF123"}]"""));
        assertThat(joined(
                        List.of(post("/v1/chat/completions", probe)
                                .json()
                                .getJsonArray("choices")
                                .getJsonObject(0)
                                .getJsonObject("message")),
                        "content"))
                .isEqualTo("It is in src/app");
    }

    @Test
    void vibesThoughts() {
        JsonObject asked = body("""
                {"messages": [{"role": "user", "content": "Why?"}], "temperature": 0.2, "stream": true,
                 "stream_options": {"include_usage": true, "stream_tool_calls": true}}""");
        List<JsonObject> deltas = deltas(post("/v1/chat/completions", asked));
        assertThat(joined(deltas, "reasoning_content")).isEqualTo("It asks why.");
        assertThat(joined(deltas, "content")).isEqualTo("Because.");
        asked.getJsonArray("messages").addAll(new JsonArray("""
                [{"role": "assistant", "content": [
                   {"type": "thinking", "thinking": [{"type": "text", "text": "It asks why."}]},
                   {"type": "text", "text": "Because."}]},
                 {"role": "user", "content": "And then?"}]"""));
        // Whoever sends thoughts as parts of a content is answered so.
        StringBuilder thoughts = new StringBuilder();
        StringBuilder words = new StringBuilder();
        for (JsonObject delta : deltas(post("/v1/chat/completions", asked))) {
            if (delta.getValue("content") instanceof String text) {
                words.append(text);
            } else {
                for (Object part : delta.getJsonArray("content", new JsonArray())) {
                    ((JsonObject) part)
                            .getJsonArray("thinking", new JsonArray())
                            .forEach(each -> thoughts.append(((JsonObject) each).getString("text")));
                    words.append(((JsonObject) part).getString("text", ""));
                }
            }
        }
        assertThat(thoughts).hasToString("Go on.");
        assertThat(words).hasToString("Then that.");
    }
}
