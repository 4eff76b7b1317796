package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tool calls and thoughts of models that a script plays, in chat completions, whole and streamed. */
final class ToolCallsTest {
    private static final List<String> CONTROLS = List.of(
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
            "[TOOL_CALLS]",
            "[SYSTEM_PROMPT]",
            "[/SYSTEM_PROMPT]",
            "[TOOL_CONTENT]",
            "[ARGS]",
            "[CALL_ID]",
            "[THINK]",
            "[/THINK]");
    private static final Tokenizer TOKENIZER = Tokenizers.of(Vocabularies.bytes("gpt-2", CONTROLS));
    private static final JsonArray TOOLS = new JsonArray("""
            [{"type": "function", "function": {"name": "weather",
              "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
             {"type": "function", "function": {"name": "now", "parameters": {}}}]""");

    /** What a choice of a stream says when its deltas are joined, as clients join them. */
    private record Joined(String content, String thoughts, List<JsonObject> calls, String reason) {}

    /** @param answer with control tokens in angles */
    private static TestService answering(ChatLayout layout, String answer) {
        int[] ids = ids(answer);
        return TestService.running(
                new ScriptedEngine(at ->
                        at < ids.length ? ids[at] : TOKENIZER.controlId("</s>").orElseThrow()),
                TOKENIZER,
                layout,
                TestService.CONFIG);
    }

    private static int[] ids(String answer) {
        IntStream.Builder ids = IntStream.builder();
        Matcher pieces = Pattern.compile("«([^»]*)»|[^«]+").matcher(answer);
        while (pieces.find()) {
            if (pieces.group(1) != null) {
                ids.add(TOKENIZER.controlId(pieces.group(1)).orElseThrow());
            } else {
                IntStream.of(TOKENIZER.encode(pieces.group())).forEach(ids::add);
            }
        }
        return ids.build().toArray();
    }

    private static JsonObject body() {
        return TestService.chatBody(new JsonObject().put("tools", TOOLS));
    }

    private static Joined streamed(TestService service, JsonObject body) {
        TestService.Reply reply = service.post(
                "/v1/chat/completions", body.copy().put("stream", true).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        StringBuilder content = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        List<JsonObject> calls = new ArrayList<>();
        String reason = "";
        for (String line : reply.body().split("\n", -1)) {
            if (!line.startsWith("data: {")) {
                continue;
            }
            JsonObject choice = new JsonObject(line.substring("data: ".length()))
                    .getJsonArray("choices")
                    .getJsonObject(0);
            reason = choice.getString("finish_reason", reason);
            JsonObject delta = choice.getJsonObject("delta");
            content.append(delta.getString("content", ""));
            thoughts.append(delta.getString("reasoning_content", ""));
            for (Object each : delta.getJsonArray("tool_calls", new JsonArray())) {
                JsonObject call = (JsonObject) each;
                if (call.getInteger("index") == calls.size()) {
                    calls.add(call.copy());
                } else {
                    assertThat(call.fieldNames()).containsExactlyInAnyOrder("index", "function");
                    JsonObject function = calls.get(call.getInteger("index")).getJsonObject("function");
                    function.put(
                            "arguments",
                            function.getString("arguments")
                                    + call.getJsonObject("function").getString("arguments"));
                }
            }
        }
        calls.forEach(call -> call.remove("index"));
        return new Joined(content.toString(), thoughts.toString(), calls, reason);
    }

    private static JsonObject whole(TestService service, JsonObject body) {
        TestService.Reply reply = service.post("/v1/chat/completions", body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").getJsonObject(0);
    }

    /** The whole and the stream say the same; returns the message. */
    private static JsonObject both(TestService service, JsonObject body) {
        JsonObject choice = whole(service, body);
        JsonObject message = choice.getJsonObject("message");
        Joined joined = streamed(service, body);
        assertThat(joined.content())
                .isEqualTo(message.getString("content") == null ? "" : message.getString("content"));
        assertThat(joined.thoughts()).isEqualTo(message.getString("reasoning_content", ""));
        assertThat(joined.reason()).isEqualTo(choice.getString("finish_reason"));
        JsonArray calls = message.getJsonArray("tool_calls", new JsonArray());
        assertThat(names(joined.calls())).isEqualTo(names(calls));
        return message.copy().put("finish_reason", joined.reason());
    }

    /** Their ids are of two answers. */
    private static List<String> names(Iterable<?> calls) {
        List<String> functions = new ArrayList<>();
        for (Object call : calls) {
            functions.add(((JsonObject) call).getJsonObject("function").encode());
        }
        return functions;
    }

    @Test
    void mistralsV3() {
        try (TestService service = answering(
                MistralLayout.of(MistralVersion.V3_TEKKEN),
                "«[TOOL_CALLS]»[{\"name\": \"weather\", \"arguments\": {\"city\": \"Orléans\"}}, {\"name\": \"now\", \"arguments\": {}}]")) {
            JsonObject message = both(service, body());
            assertThat(message.getValue("content")).isNull();
            assertThat(message.getString("finish_reason")).isEqualTo("tool_calls");
            assertThat(names(message.getJsonArray("tool_calls")))
                    .containsExactly(
                            "{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\": \\\"Orléans\\\"}\"}",
                            "{\"name\":\"now\",\"arguments\":\"{}\"}");
            JsonObject call = message.getJsonArray("tool_calls").getJsonObject(0);
            assertThat(call.getString("type")).isEqualTo("function");
            assertThat(call.getString("id"))
                    .matches("[0-9A-Za-z]{9}")
                    .isNotEqualTo(
                            message.getJsonArray("tool_calls").getJsonObject(1).getString("id"));
        }
    }

    @Test
    void wordsBeforeACallWithTheModelsOwnId() {
        try (TestService service = answering(
                MistralLayout.of(MistralVersion.V11),
                "Let me see.«[TOOL_CALLS]»weather«[CALL_ID]»abcDEF123«[ARGS]»{\"city\": \"Brest\"}")) {
            JsonObject message = both(service, body());
            assertThat(message.getString("content")).isEqualTo("Let me see.");
            assertThat(message.getJsonArray("tool_calls").getJsonObject(0).getString("id"))
                    .isEqualTo("abcDEF123");
            assertThat(message.getString("finish_reason")).isEqualTo("tool_calls");
        }
    }

    @Test
    void thoughtsOfMistralsModels() {
        try (TestService service =
                answering(MistralLayout.of(MistralVersion.V13), "«[THINK]»Hm, Brest.«[/THINK]»It rains.")) {
            JsonObject message = both(service, TestService.chatBody(new JsonObject()));
            assertThat(message.getString("reasoning_content")).isEqualTo("Hm, Brest.");
            assertThat(message.getString("content")).isEqualTo("It rains.");
            assertThat(message.getString("finish_reason")).isEqualTo("stop");
        }
    }

    /** What there is of a call, and that it was cut: nobody answers such a one. */
    @Test
    void aCallThatTheLimitCuts() {
        try (TestService service =
                answering(MistralLayout.of(MistralVersion.V13), "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}")) {
            JsonObject message = both(service, body().put("max_tokens", 14));
            assertThat(message.getString("finish_reason")).isEqualTo("length");
            assertThat(names(message.getJsonArray("tool_calls")))
                    .containsExactly("{\"name\":\"weather\",\"arguments\":\"{\\\"cit\"}");
        }
    }

    /** A stop string in the middle of a call leaves nothing that could be answered; one behind a call does. */
    @Test
    void callsThatAStopStringCuts() {
        String call = "«[TOOL_CALLS]»now«[ARGS]»{}";
        String array =
                "«[TOOL_CALLS]»[{\"name\": \"now\", \"arguments\": {}}, {\"name\": \"weather\", \"arguments\": {\"city\": \"Brest\"}}]";
        String weather = "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}";
        for (MistralVersion version : List.of(MistralVersion.V3_TEKKEN, MistralVersion.V13)) {
            boolean named = version == MistralVersion.V13;
            try (TestService service = answering(MistralLayout.of(version), named ? call + weather : array)) {
                JsonObject cut = both(service, body().put("stop", "est"));
                assertThat(cut.getString("finish_reason")).isEqualTo("stop");
                assertThat(names(cut.getJsonArray("tool_calls")))
                        .hasSize(2)
                        .last()
                        .asString()
                        .contains("Br\"}")
                        .doesNotContain("Brest");
                JsonObject response = service.post(
                                "/v1/responses",
                                JsonObject.of("input", "hi", "tools", TOOLS, "stop", JsonArray.of("est"))
                                        .encode())
                        .json();
                assertThat(response.getString("status")).as(response.encode()).isEqualTo("incomplete");
                assertThat(response.getJsonObject("incomplete_details").getString("reason"))
                        .isEqualTo("stop_sequence");
                assertThat(response.getJsonArray("output").getJsonObject(1).getString("status"))
                        .isEqualTo("incomplete");
            }
        }
        try (TestService service = answering(MistralLayout.of(MistralVersion.V13), call + " END of it")) {
            assertThat(both(service, body().put("stop", "END")).getString("finish_reason"))
                    .isEqualTo("tool_calls");
        }
    }

    /** Control tokens cannot be spelled in words, and without tools there is nothing to call. */
    @Test
    void whatIsNoCall() {
        try (TestService service = answering(MistralLayout.of(MistralVersion.V13), "[TOOL_CALLS]now[ARGS]{}")) {
            JsonObject message = both(service, body());
            assertThat(message.getString("content")).isEqualTo("[TOOL_CALLS]now[ARGS]{}");
            assertThat(message.containsKey("tool_calls")).isFalse();
        }
        try (TestService service = answering(MistralLayout.of(MistralVersion.V13), "«[TOOL_CALLS]»now«[ARGS]»{}")) {
            JsonObject message = both(service, TestService.chatBody(new JsonObject()));
            assertThat(message.getString("content")).isEqualTo("now{}");
            assertThat(message.getString("finish_reason")).isEqualTo("stop");
        }
    }

    @Test
    void formsOfTemplates() {
        ChatLayout hermes =
                MistralLayout.of(MistralVersion.V13).answeredIn(new AnswerStyle(CallStyle.OBJECT, ThoughtStyle.TAGS));
        try (TestService service = answering(
                hermes,
                "<think>\nHm.\n</think>\n\nYes.\n<tool_call>\n{\"name\": \"now\", \"arguments\": {\"a\": 1}}\n</tool_call>")) {
            JsonObject message = both(service, body());
            assertThat(message.getString("reasoning_content")).isEqualTo("Hm.");
            assertThat(message.getString("content")).isEqualTo("Yes.\n");
            JsonObject call = message.getJsonArray("tool_calls").getJsonObject(0);
            assertThat(call.getString("id")).startsWith("call_");
            assertThat(call.getJsonObject("function").getString("arguments")).isEqualTo("{\"a\": 1}");
        }
    }

    /** What a layout finds wrong with tools is a fault of theirs, not of the messages. */
    @Test
    void wrongToolsAreNamedAsTools() {
        try (TestService service = answering(MistralLayout.of(MistralVersion.V13), "x")) {
            for (String parameters : List.of(
                    "{\"type\": \"int\"}",
                    "{\"properties\": null}",
                    "{\"properties\": {\"a\": {\"minLength\": -1}}}")) {
                JsonObject function = JsonObject.of("name", "f", "parameters", new JsonObject(parameters));
                JsonObject body = TestService.chatBody(
                        JsonObject.of("tools", JsonArray.of(JsonObject.of("type", "function", "function", function))));
                TestService.Reply reply = service.chat(body);
                assertThat(reply.status()).isEqualTo(400);
                JsonObject error = reply.json().getJsonObject("error");
                assertThat(error.getString("param")).isEqualTo("tools");
                assertThat(error.getString("message")).startsWith("tools[0].function.parameters");
            }
        }
    }

    /** Mistral's clients look whether a model calls before they offer it tools. */
    @Test
    void modelsSayThatTheyCall() {
        for (AnswerStyle style : List.of(AnswerStyle.PLAIN, new AnswerStyle(CallStyle.OBJECT, null))) {
            ChatLayout layout = MistralLayout.of(MistralVersion.V13).answeredIn(style);
            try (TestService service = answering(layout, "x")) {
                JsonObject list = service.get("/v1/models").json();
                boolean calls = style.calls() != null;
                JsonObject model = list.getJsonArray("data").getJsonObject(0);
                assertThat(model.getJsonObject("capabilities").getBoolean("function_calling"))
                        .isEqualTo(calls);
                assertThat(list.getJsonArray("models").getJsonObject(0).getJsonArray("capabilities"))
                        .isEqualTo(calls ? JsonArray.of("completion", "tools") : JsonArray.of("completion"));
            }
        }
    }

    /** Log-probabilities and ids are those of all tokens, those of calls too. */
    @Test
    void tokensOfCallsAreReported() {
        String answer = "«[TOOL_CALLS]»now«[ARGS]»{}";
        try (TestService service = answering(MistralLayout.of(MistralVersion.V13), answer)) {
            JsonObject body = body().put("return_token_ids", true).put("logprobs", true);
            JsonObject choice = whole(service, body);
            assertThat(choice.getJsonArray("token_ids").stream().mapToInt(id -> (Integer) id))
                    .startsWith(IntStream.of(ids(answer)).boxed().toArray(Integer[]::new));
            assertThat(choice.getJsonObject("logprobs").getJsonArray("content").size())
                    .isEqualTo(choice.getJsonArray("token_ids").size());
            JsonArray streamed = new JsonArray();
            for (String line : service.post(
                            "/v1/chat/completions", body.put("stream", true).encode())
                    .body()
                    .split("\n", -1)) {
                if (line.startsWith("data: {")) {
                    new JsonObject(line.substring("data: ".length()))
                            .getJsonArray("choices")
                            .getJsonObject(0)
                            .getJsonArray("token_ids", new JsonArray())
                            .forEach(streamed::add);
                }
            }
            assertThat(streamed).isEqualTo(choice.getJsonArray("token_ids"));
        }
    }
}
