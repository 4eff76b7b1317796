package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code /tokenize} and {@code /detokenize}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenizeTest {
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        assertThat(((ScriptedEngine) service.engine).runs).isEmpty(); // Nothing of this reaches the engine.
        service.close();
    }

    private JsonObject tokenize(String body) {
        TestService.Reply reply = service.post("/tokenize", body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json();
    }

    private String detokenize(JsonArray ids) {
        TestService.Reply reply =
                service.post("/detokenize", new JsonObject().put("tokens", ids).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.json().fieldNames()).containsExactly("prompt");
        return reply.json().getString("prompt");
    }

    @Test
    void textsAreCountedAndShown() {
        assertThat(tokenize("{\"prompt\": \"hé\"}"))
                .isEqualTo(new JsonObject("{\"count\": 3, \"max_model_len\": 4096, \"tokens\": [104, 195, 169]}"));
        assertThat(tokenize("{\"model\": \"toy/bytes\", \"prompt\": \"hé\", \"return_token_strs\": true}")
                        .getJsonArray("token_strs"))
                .isEqualTo(new JsonArray(List.of("<0x68>", "<0xC3>", "<0xA9>")));
        assertThat(tokenize("{\"prompt\": \"\"}"))
                .isEqualTo(new JsonObject("{\"count\": 0, \"max_model_len\": 4096, \"tokens\": []}"));
        // Longer than the context, which is what people want to find out here.
        assertThat(tokenize("{\"prompt\": \"" + "x".repeat(10_000) + "\"}").getInteger("count"))
                .isEqualTo(10_000);
    }

    @Test
    void bosIsAddedUnlessItIsNotWanted() {
        try (TestService adding = TestService.addingBos("answer")) {
            assertThat(adding.post("/tokenize", "{\"prompt\": \"a\"}").json().getJsonArray("tokens"))
                    .isEqualTo(new JsonArray(List.of(ByteTokenizer.BOS, 97)));
            String without = "{\"prompt\": \"a\", \"add_special_tokens\": false}";
            assertThat(adding.post("/tokenize", without).json().getJsonArray("tokens"))
                    .isEqualTo(new JsonArray(List.of(97)));
            JsonObject answer = adding.post("/v1/completions", without).json();
            assertThat(answer.getJsonObject("usage").getInteger("prompt_tokens"))
                    .isEqualTo(1);
        }
    }

    @Test
    void chatsAreShownAsTheyWouldBeAnswered() {
        String messages = "\"messages\": [{\"role\": \"user\", \"content\": \"[TURN]\"}]";
        JsonObject asked = tokenize("{" + messages + ", \"return_token_strs\": true}");
        assertThat(detokenize(asked.getJsonArray("tokens"))).isEqualTo("<s>[TURN]user:[TURN][TURN]assistant:");
        assertThat(asked.getJsonArray("token_strs").stream().filter("[TURN]"::equals))
                .hasSize(2);
        JsonObject silent = tokenize("{" + messages + ", \"add_generation_prompt\": false}");
        assertThat(detokenize(silent.getJsonArray("tokens"))).isEqualTo("<s>[TURN]user:[TURN]");
        JsonObject usage = service.post("/v1/chat/completions", "{" + messages + ", \"max_tokens\": 1}")
                .json()
                .getJsonObject("usage");
        assertThat(usage.getInteger("prompt_tokens")).isEqualTo(asked.getInteger("count"));
        ((ScriptedEngine) service.engine).runs.clear();
    }

    @Test
    void layoutsSeeToolsVariablesAndContinuations() {
        tokenize("""
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                          {"role": "assistant", "content": "One", "prefix": true}],
             "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
             "chat_template_kwargs": {"enable_thinking": true}}\
            """);
        assertThat(service.layout.last.continueFinalMessage()).isTrue();
        assertThat(service.layout.last.addGenerationPrompt()).isFalse();
        assertThat(service.layout.last.variables()).containsEntry("enable_thinking", true);
        assertThat(service.layout.last.tools().toString())
                .isEqualTo("[{type=function, function={name=f, description=, parameters={type=object}}}]");
        assertThat(service.layout.last.messages().toString())
                .isEqualTo("[{role=user, content=[{type=text, text=a}, {type=text, text=b}]},"
                        + " {role=assistant, content=One}]");
    }

    @Test
    void idsAreSpelledWithTheirControlTokens() {
        assertThat(detokenize(new JsonArray(List.of(256, 104, 195, 169, 258, 257))))
                .isEqualTo("<s>hé[TURN]</s>");
        assertThat(detokenize(new JsonArray())).isEmpty();
        // Halves of characters are replaced, never lost.
        assertThat(detokenize(new JsonArray(List.of(195, 258, 169)))).isEqualTo("\ufffd[TURN]\ufffd");
    }

    @Test
    void anyTextComesBack() {
        String text = "a\u0000\r\n\t\"\\ é🙂 \u2028 <s>[TURN]</s> \ufffd";
        JsonObject answer = tokenize(new JsonObject().put("prompt", text).encode());
        assertThat(answer.getInteger("count")).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
        assertThat(detokenize(answer.getJsonArray("tokens"))).isEqualTo(text);
    }

    @Test
    void whatIsTooMuchIsRefused() {
        TestService.Reply long1 = service.post("/tokenize", "{\"prompt\": \"" + "x".repeat((1 << 20) + 1) + "\"}");
        assertThat(long1.status()).isEqualTo(400);
        assertThat(long1.error().getString("message"))
                .isEqualTo("The text has more than 1048576 tokens, the most that are shown at once.");
        TestService.Reply long2 = service.post("/detokenize", "{\"tokens\": [1" + ",1".repeat(1 << 20) + "]}");
        assertThat(long2.status()).isEqualTo(400);
        assertThat(long2.error().getString("message")).isEqualTo("tokens may have at most 1048576 entries");
        TestService.Reply huge = service.post("/tokenize", "{\"prompt\": \"" + "x".repeat(8 << 20) + "\"}");
        assertThat(huge.status()).isEqualTo(413);
    }
}
