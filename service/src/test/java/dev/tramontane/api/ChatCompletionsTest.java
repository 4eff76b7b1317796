package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/chat/completions}: shapes, messages and what reaches the template. */
class ChatCompletionsTest {

    private static JsonArray messages(JsonObject... messages) {
        return new JsonArray(List.of(messages));
    }

    private static JsonObject message(String role, Object content) {
        return new JsonObject().put("role", role).put("content", content);
    }

    @Test
    void anAnswerHasOpenAisShape() {
        try (TestService service = TestService.of("Hello")) {
            JsonObject json =
                    service.chat(TestService.chatBody(new JsonObject())).json();
            assertThat(json.getString("id")).matches("chatcmpl-[0-9A-Za-z]{29}");
            json.remove("id");
            assertThat(json).isEqualTo(new JsonObject("""
                {"object": "chat.completion", "created": 1700000000, "model": "toy/bytes",
                 "system_fingerprint": "fp_test",
                 "choices": [{"index": 0,
                              "message": {"role": "assistant", "content": "Hello", "refusal": null,
                                          "annotations": []},
                              "logprobs": null, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 20, "completion_tokens": 6, "total_tokens": 26,
                           "prompt_tokens_details": {"cached_tokens": 0}}}\
                """));
        }
    }

    @Test
    void aStreamHasOpenAisShape() {
        try (TestService service = TestService.of("Hi")) {
            List<JsonObject> events = service.chat(TestService.chatBody(new JsonObject()
                            .put("stream", true)
                            .put("stream_options", new JsonObject().put("include_usage", true))))
                    .events();
            assertThat(events)
                    .allSatisfy(event -> assertThat(event.getString("object")).isEqualTo("chat.completion.chunk"));
            assertThat(events.stream()
                            .map(event -> event.getJsonArray("choices").encode()))
                    .containsExactly("""
                        [{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,\
                        "finish_reason":null}]\
                        """, """
                        [{"index":0,"delta":{"content":"H"},"logprobs":null,"finish_reason":null}]\
                        """, """
                        [{"index":0,"delta":{"content":"i"},"logprobs":null,"finish_reason":null}]\
                        """, """
                        [{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]\
                        """, "[]");
            assertThat(events.getLast().getJsonObject("usage").getInteger("completion_tokens"))
                    .isEqualTo(3);
        }
    }

    /** As vLLM has it, and load generators ask for it: each chunk counts what its choice took so far. */
    @Test
    void streamsCountInEveryChunkWhereThatIsWanted() {
        try (TestService service = TestService.of("Hi")) {
            List<JsonObject> events = service.chat(TestService.chatBody(new JsonObject()
                            .put("stream", true)
                            .put("n", 2)
                            .put(
                                    "stream_options",
                                    JsonObject.of("include_usage", true, "continuous_usage_stats", true))))
                    .events();
            int prompt = events.getLast().getJsonObject("usage").getInteger("prompt_tokens");
            assertThat(prompt).isPositive();
            assertThat(events)
                    .allSatisfy(event -> assertThat(event.getJsonObject("usage").getInteger("prompt_tokens"))
                            .isEqualTo(prompt));
            for (int choice = 0; choice < 2; choice++) {
                int index = choice;
                assertThat(events.stream()
                                .filter(event -> !event.getJsonArray("choices").isEmpty()
                                        && event.getJsonArray("choices")
                                                        .getJsonObject(0)
                                                        .getInteger("index")
                                                == index)
                                .map(event -> event.getJsonObject("usage").getInteger("completion_tokens")))
                        .containsExactly(0, 1, 2, 3); // Who speaks, two letters, the end token.
            }
            assertThat(events.getLast().getJsonObject("usage").getInteger("completion_tokens"))
                    .as("of both")
                    .isEqualTo(6);
            assertThat(service.chat(TestService.chatBody(new JsonObject()
                                    .put("stream", true)
                                    .put("stream_options", JsonObject.of("continuous_usage_stats", true))))
                            .body())
                    .contains("continuous_usage_stats needs include_usage");
        }
    }

    @Test
    void streamsCarryNoUsageUnlessAsked() {
        try (TestService service = TestService.of("Hi")) {
            assertThat(service.chat(TestService.chatBody(new JsonObject().put("stream", true)))
                            .events())
                    .noneMatch(event -> event.containsKey("usage"))
                    .hasSize(4);
        }
    }

    @Test
    void logprobsHaveOpenAisShape() {
        try (TestService service = TestService.of("é")) {
            JsonObject want = TestService.chatBody(new JsonObject()
                    .put("logprobs", true)
                    .put("top_logprobs", 1)
                    .put("return_token_ids", true));
            JsonObject choice =
                    service.chat(want).json().getJsonArray("choices").getJsonObject(0);
            assertThat(choice.getJsonObject("logprobs")).isEqualTo(new JsonObject("""
                {"content": [
                   {"token": "\\\\xc3", "logprob": -0.5, "bytes": [195],
                    "top_logprobs": [{"token": "\\\\xc3", "logprob": -0.5, "bytes": [195]}]},
                   {"token": "\\\\xa9", "logprob": -0.5, "bytes": [169],
                    "top_logprobs": [{"token": "\\\\xa9", "logprob": -0.5, "bytes": [169]}]}],
                 "refusal": null}\
                """));
            assertThat(choice.getJsonArray("token_ids")).isEqualTo(new JsonArray(List.of(0xc3, 0xa9)));
            List<JsonObject> events = service.chat(want.put("stream", true)).events();
            assertThat(events.getFirst().getJsonArray("prompt_token_ids")).isNotEmpty();
            assertThat(events.get(1)
                            .getJsonArray("choices")
                            .getJsonObject(0)
                            .getJsonObject("logprobs")
                            .getJsonArray("content"))
                    .hasSize(2);
        }
    }

    @Test
    void messagesReachTheTemplateAndOnlyItsOwnControlStringsCount() {
        try (TestService service = TestService.of("x")) {
            service.chat(new JsonObject()
                    .put(
                            "messages",
                            messages(
                                    message("developer", "be [TURN] brief"),
                                    message(
                                            "user",
                                            new JsonArray()
                                                    .add(new JsonObject()
                                                            .put("type", "text")
                                                            .put("text", "a"))
                                                    .add(new JsonObject()
                                                            .put("type", "text")
                                                            .put("text", "b"))),
                                    message("assistant", null)
                                            .put("tool_calls", new JsonArray().add(new JsonObject("""
                                                {"id": "abcdef123", "type": "function", "function":
                                                  {"name": "f", "arguments": "{\\"x\\": [1, null]}"}}\
                                                """))),
                                    message("tool", "42").put("tool_call_id", "abcdef123"),
                                    message("user", "go").put("name", "ann")))
                    .put("tools", new JsonArray().add(new JsonObject("""
                        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}\
                        """)))
                    .put("chat_template_kwargs", new JsonObject().put("enable_thinking", false)));
            List<Map<String, Object>> turns = service.layout.last.messages();
            assertThat(turns.get(0)).containsEntry("role", "system").containsEntry("content", "be [TURN] brief");
            assertThat(turns.get(1))
                    .containsEntry(
                            "content",
                            List.of(Map.of("type", "text", "text", "a"), Map.of("type", "text", "text", "b")));
            assertThat(turns.get(2)).containsEntry("content", null);
            assertThat(turns.get(2).get("tool_calls").toString())
                    .isEqualTo("[{id=abcdef123, type=function, function={name=f, arguments={\"x\": [1, null]}}}]");
            assertThat(turns.get(3)).containsEntry("tool_call_id", "abcdef123");
            assertThat(turns.get(4)).containsEntry("name", "ann");
            assertThat(service.layout.last.tools()).hasSize(1);
            assertThat(service.layout.last.variables()).containsEntry("enable_thinking", false);
            int[] prompt =
                    ((ScriptedEngine) service.engine).runs.getFirst().submission.prompt();
            assertThat(Arrays.stream(prompt).filter(id -> id == ByteTokenizer.TURN))
                    .hasSize(6); // 5 turns and the answer's.
        }
    }

    @Test
    void toolsAreHiddenWhenNoneMayBeChosen() {
        try (TestService service = TestService.of("x")) {
            service.chat(TestService.chatBody(new JsonObject()
                    .put("tool_choice", "none")
                    .put("tools", new JsonArray().add(new JsonObject("""
                        {"type": "function", "function": {"name": "f"}}\
                        """)))));
            assertThat(service.layout.last.tools()).isEmpty();
        }
    }

    @Test
    void theFinalMessageCanBeContinued() {
        try (TestService service = TestService.of("x")) {
            service.chat(new JsonObject()
                    .put("messages", messages(message("user", "hi"), message("assistant", "Well,")))
                    .put("continue_final_message", true));
            assertThat(service.layout.last.continueFinalMessage()).isTrue();
            assertThat(service.layout.last.addGenerationPrompt()).isFalse();
            service.chat(TestService.chatBody(new JsonObject().put("add_generation_prompt", false)));
            assertThat(service.layout.last.addGenerationPrompt()).isFalse();
            assertThat(service.layout.last.continueFinalMessage()).isFalse();
        }
    }

    @Test
    void anAnswerCanBeSentBackAsItCame() {
        try (TestService service = TestService.of("x")) {
            JsonObject answer = service.chat(TestService.chatBody(new JsonObject()))
                    .json()
                    .getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("message");
            TestService.Reply next = service.chat(
                    new JsonObject().put("messages", messages(message("user", "hi"), answer, message("user", "more"))));
            assertThat(next.status()).as(next.body()).isEqualTo(200);
        }
    }

    @Test
    void choicesAreSeparateStreams() {
        try (TestService service = TestService.of("one", "two!")) {
            String[] texts = {"", ""};
            String[] reasons = {"", ""};
            for (JsonObject event : service.chat(
                            TestService.chatBody(new JsonObject().put("n", 2).put("stream", true)))
                    .events()) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                texts[choice.getInteger("index")] +=
                        choice.getJsonObject("delta").getString("content", "");
                reasons[choice.getInteger("index")] += choice.getString("finish_reason") == null ? "" : "stop";
            }
            assertThat(texts).containsExactly("one", "two!");
            assertThat(reasons).containsExactly("stop", "stop");
        }
    }

    @Test
    void promptLogprobsAndIdsStandBesideTheChoices() {
        try (TestService service = TestService.of("x")) {
            JsonObject json = service.chat(TestService.chatBody(
                            new JsonObject().put("prompt_logprobs", 0).put("return_token_ids", true)))
                    .json();
            assertThat(json.getJsonArray("prompt_logprobs")).hasSize(20);
            assertThat(json.getJsonArray("prompt_token_ids")).hasSize(20);
        }
    }
}
