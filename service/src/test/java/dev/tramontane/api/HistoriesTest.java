package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Conversations as client libraries send them back: with nulls for what there is not, and with members of their own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HistoriesTest {
    private static final JsonNode OPENAI = Oracle.read("openai-histories");
    private static final JsonObject HI = JsonObject.of("role", "user", "content", "hi");

    private TestService service;
    private TestService lenient;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
        ApiConfig standard = TestService.CONFIG;
        lenient = TestService.running(
                new ScriptedEngine("answer"),
                new ApiConfig(
                        standard.host(),
                        standard.port(),
                        standard.eventLoops(),
                        standard.transport(),
                        standard.sockets(),
                        standard.requests(),
                        standard.heartbeat(),
                        standard.lookAhead(),
                        standard.allowed(),
                        standard.templateVariables(),
                        true,
                        standard.fingerprint()));
    }

    @AfterAll
    void stop() {
        service.close();
        lenient.close();
    }

    /** The messages that the layout was given for this history, after the request was answered. */
    private List<Map<String, @Nullable Object>> laidOut(JsonArray messages) {
        TestService.Reply reply = service.chat(JsonObject.of("messages", messages, "max_tokens", 1));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return service.layout.last.messages();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dumps", "parsed"})
    void whatAClientDumpsIsLaidOutAsIfItHadNoNulls(String kind) {
        OPENAI.get(kind).properties().forEach(dump -> {
            JsonObject answer = new JsonObject(dump.getValue().toString());
            JsonArray rest = new JsonArray().add(HI);
            if (dump.getKey().equals("call")) {
                rest = new JsonArray().add(JsonObject.of("role", "tool", "tool_call_id", "abcDEF123", "content", "12"));
            }
            List<Map<String, @Nullable Object>> given =
                    laidOut(new JsonArray().add(HI).add(answer).addAll(rest));
            JsonObject bare = answer.copy();
            answer.fieldNames().forEach(name -> {
                if (answer.getValue(name) == null) {
                    bare.remove(name);
                }
            });
            assertThat(given)
                    .isEqualTo(laidOut(new JsonArray().add(HI).add(bare).addAll(rest)));
        });
    }

    @Test
    void nullMeansAbsentForEveryMember() {
        OPENAI.get("messages").properties().forEach(role -> {
            JsonObject full = JsonObject.of("role", role.getKey(), "content", "a");
            if (role.getKey().equals("tool")) {
                full.put("tool_call_id", "x");
            }
            JsonObject nulls = full.copy();
            Oracle.stream(role.getValue())
                    .map(JsonNode::asString)
                    .filter(name -> !full.containsKey(name))
                    .forEach(nulls::putNull);
            for (String name : List.of("refusal", "reasoning_content", "anything_else", "prefix")) {
                nulls.putNull(name);
            }
            if (!role.getKey().equals("tool")) {
                nulls.putNull("tool_call_id");
            }
            JsonObject part = JsonObject.of("type", "text", "text", "a", "cache_control", null);
            Oracle.stream(OPENAI.get("part"))
                    .map(JsonNode::asString)
                    .filter(name -> !part.containsKey(name))
                    .forEach(part::putNull);
            JsonObject parts = nulls.copy().put("content", new JsonArray().add(part));
            assertThat(laidOut(new JsonArray().add(nulls))).isEqualTo(laidOut(new JsonArray().add(full)));
            assertThat(laidOut(new JsonArray().add(parts)).getFirst().get("content"))
                    .isEqualTo(List.of(Map.of("type", "text", "text", "a")));
        });
    }

    @Test
    void nullMeansAbsentForEveryField() {
        for (String endpoint : List.of("chat", "completion")) {
            JsonObject body = endpoint.equals("chat")
                    ? JsonObject.of("messages", new JsonArray().add(HI), "max_tokens", 1)
                    : JsonObject.of("prompt", "hi", "max_tokens", 1);
            Oracle.stream(OPENAI.get(endpoint))
                    .map(JsonNode::asString)
                    .filter(name -> !body.containsKey(name))
                    .forEach(body::putNull);
            body.putNull("of_nobody");
            TestService.Reply reply = endpoint.equals("chat") ? service.chat(body) : service.completion(body);
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            assertThat(reply.header("X-Ignored-Fields")).isEmpty();
        }
    }

    @Test
    void nullMeansAbsentInsideFieldsToo() {
        TestService.Reply reply = service.post("/v1/chat/completions", """
            {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, "stream_options": null,
             "response_format": {"type": "text", "json_schema": null}, "logit_bias": {"3": null},
             "audio": {"voice": null, "format": null}, "web_search_options": {"search_context_size": null},
             "chat_template_kwargs": {"enable_thinking": null, "of_nobody": null},
             "tools": [{"type": "function", "odd": null, "function": {"name": "f", "strict": null, "description": null,
               "parameters": null, "odd": null}}]}\
            """);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(service.layout.last.variables()).isEmpty();
        assertThat(service.chat(TestService.chatBody(JsonObject.of("audio", JsonObject.of("voice", "alloy"))))
                        .status())
                .isEqualTo(400);
    }

    /** The layout may read any of them, so they are there. */
    @Test
    void unknownMembersReachTheLayout() {
        JsonObject part = JsonObject.of(
                "type", "text", "text", "a", "cache_control", JsonObject.of("type", "ephemeral", "ttl", null));
        JsonObject call = JsonObject.of(
                "id",
                "c1",
                "type",
                "function",
                "function",
                JsonObject.of("name", "f", "arguments", "{", "parsed_arguments", JsonObject.of("a", 1)),
                "extra_content",
                JsonObject.of("google", true));
        List<Map<String, @Nullable Object>> messages = laidOut(new JsonArray()
                .add(JsonObject.of("role", "user", "content", new JsonArray().add(part), "mood", "fine"))
                .add(JsonObject.of(
                        "role",
                        "assistant",
                        "content",
                        "b",
                        "reasoning_content",
                        "because",
                        "tool_calls",
                        new JsonArray().add(call)))
                .add(JsonObject.of("role", "tool", "tool_call_id", "c1", "content", "1", "is_error", false)));
        Map<String, @Nullable Object> ttl = new java.util.HashMap<>(Map.of("type", "ephemeral"));
        ttl.put("ttl", null);
        assertThat(messages.get(0))
                .containsEntry("mood", "fine")
                .containsEntry("content", List.of(Map.of("type", "text", "text", "a", "cache_control", ttl)));
        assertThat(messages.get(1)).containsEntry("reasoning_content", "because");
        assertThat(messages.get(1).get("tool_calls"))
                .isEqualTo(List.of(Map.of(
                        "id",
                        "c1",
                        "type",
                        "function",
                        "function",
                        Map.of("name", "f", "arguments", "{", "parsed_arguments", Map.of("a", 1L)),
                        "extra_content",
                        Map.of("google", true))));
        assertThat(messages.get(2)).containsEntry("is_error", false);
    }

    /** What a model wrote goes to the layout as it was, whatever it is. */
    @ParameterizedTest
    @ValueSource(
            strings = {"{\"a\": \"", "NaN", "null", "[1]", "{\"a\":1,\"a\":2}", "{\"a\": \"x\ny\"}", "{'a': 1}", "", " "
            })
    void argumentsAreReplayedAsTheyWere(String arguments) {
        JsonObject function = JsonObject.of("name", "f", "arguments", arguments);
        List<Map<String, @Nullable Object>> messages = laidOut(new JsonArray()
                .add(HI)
                .add(JsonObject.of(
                        "role",
                        "assistant",
                        "tool_calls",
                        new JsonArray().add(JsonObject.of("id", "c1", "function", function))))
                .add(JsonObject.of("role", "tool", "tool_call_id", "c1", "content", "1")));
        assertThat(messages.get(1).get("tool_calls"))
                .isEqualTo(List.of(Map.of(
                        "id", "c1", "type", "function", "function", Map.of("name", "f", "arguments", arguments))));
    }

    /** The reports vllm#17894 and llama.cpp#16626. */
    @Test
    void wholeNumbersPast64BitsReachTheLayout() {
        String body = """
            {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, "tools": [{"type": "function", "function": {"name": "f",
             "parameters": {"type": "object", "properties": {"n": {"type": "integer", "maximum": 18446744073709551615}}}}}]}\
            """;
        assertThat(service.post("/v1/chat/completions", body).status()).isEqualTo(200);
        assertThat(service.layout.last.tools().toString()).contains("{type=integer, maximum=18446744073709551615}");
    }

    @Test
    void unknownFieldsAreNamedWhereTheyAreIgnored() {
        JsonObject body = JsonObject.of(
                        "messages", new JsonArray().add(HI), "max_tokens", 1, "top_kk", 4, "stream", true)
                .put("stream_options", JsonObject.of("include_usage", true, "odd", 1))
                .put("a,\r\nX-Evil: é%", 1);
        TestService.Reply reply = lenient.chat(body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.header("X-Ignored-Fields"))
                .isEqualTo("stream_options.odd, top_kk, a%2C%0D%0AX-Evil:%20%C3%A9%25");
        assertThat(reply.headers()).doesNotContainKey("x-evil");
        assertThat(service.chat(body).status()).isEqualTo(400);

        JsonObject many = JsonObject.of("prompt", "a");
        for (int i = 0; i < 1000; i++) {
            many.put("x".repeat(500) + i, i);
        }
        String named = lenient.post("/tokenize", many.encode()).header("X-Ignored-Fields");
        assertThat(named)
                .startsWith("x".repeat(64) + "..., ")
                .endsWith(", +984")
                .hasSizeLessThan(2000);
        assertThat(lenient.completion(JsonObject.of("prompt", "a", "max_tokens", 1, "odd", null))
                        .header("X-Ignored-Fields"))
                .isEmpty();
        assertThat(lenient.completion(JsonObject.of("prompt", "a", "best_of", 7))
                        .status())
                .as("what is known and not served is still refused")
                .isEqualTo(400);
    }
}
