package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Gaps are filled in the shape of Mistral's endpoint and of OpenAI's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FimTest {
    private static final Tokenizer TOKENIZER =
            Tokenizers.of(Vocabularies.bytes("gpt-2", List.of("<s>", "</s>", "[SUFFIX]", "[PREFIX]")));

    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.with(TOKENIZER, "middle");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private int[] submitted() {
        return ((ScriptedEngine) service.engine).runs.getLast().submission.prompt();
    }

    private static int[] gap() {
        return new int[] {
            TOKENIZER.bos().orElseThrow(),
            TOKENIZER.controlId("[SUFFIX]").orElseThrow(),
            TOKENIZER.encode("b")[0],
            TOKENIZER.controlId("[PREFIX]").orElseThrow(),
            TOKENIZER.encode("a")[0]
        };
    }

    @Test
    void mistralsEndpointAnswersAsAChat() {
        TestService.Reply reply = service.post("/v1/fim/completions", """
            {"model": "toy/bytes", "prompt": "a", "suffix": "b", "max_tokens": 6, "random_seed": 7, "temperature": 0}\
            """);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(submitted()).isEqualTo(gap());
        assertThat(((ScriptedEngine) service.engine)
                        .runs
                        .getLast()
                        .submission
                        .sampling()
                        .seed())
                .isEqualTo(7);
        JsonObject choice = reply.json().getJsonArray("choices").getJsonObject(0);
        assertThat(choice.getJsonObject("message").getString("content")).isEqualTo("middle");
        assertThat(choice.getString("finish_reason")).isEqualTo("length");
        assertThat(reply.json().getString("object")).isEqualTo("chat.completion");
        assertThat(reply.json().getJsonObject("usage").getInteger("prompt_tokens"))
                .isEqualTo(5);
    }

    @Test
    void andStreamsAsOne() {
        TestService.Reply reply = service.post("/v1/fim/completions", """
            {"prompt": "a", "suffix": "b", "max_tokens": 6, "stream": true}\
            """);
        StringBuilder text = new StringBuilder();
        reply.events()
                .forEach(event -> text.append(event.getJsonArray("choices")
                        .getJsonObject(0)
                        .getJsonObject("delta")
                        .getString("content", "")));
        assertThat(text).hasToString("middle");
    }

    @Test
    void completionsTakeASuffix() {
        JsonObject body =
                TestService.body("a", new JsonObject().put("suffix", "b").put("max_tokens", 6));
        TestService.Reply reply = service.completion(body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(submitted()).isEqualTo(gap());
        assertThat(reply.json().getJsonArray("choices").getJsonObject(0).getString("text"))
                .isEqualTo("middle");
        assertThat(service.completion(TestService.body("a", new JsonObject().put("suffix", "")))
                        .status())
                .isEqualTo(200);
        assertThat(submitted()).as("nothing is behind it").isEqualTo(TOKENIZER.encode("a"));
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        record Wrong(String json, String param) {}
        for (Wrong wrong : List.of(
                new Wrong("{\"prompt\": \"a\", \"suffix\": \"b\", \"echo\": true}", "echo"),
                new Wrong("{\"prompt\": [\"a\"], \"suffix\": \"b\"}", "prompt"),
                new Wrong("{\"prompt\": \"a\", \"suffix\": 1}", "suffix"),
                new Wrong("{\"prompt\": \"a\", \"seed\": 1, \"random_seed\": 1}", "random_seed"),
                new Wrong("{\"prompt\": \"a\", \"request_id\": \"a b\"}", "request_id"))) {
            TestService.Reply reply = service.post("/v1/completions", wrong.json());
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            assertThat(reply.error().getString("param")).isEqualTo(wrong.param());
        }
        assertThat(service.post("/v1/fim/completions", "{}").error().getString("param"))
                .isEqualTo("prompt");
    }

    @Test
    void anAnswersIdEndsAsTheClientSays() {
        JsonObject own = new JsonObject().put("request_id", "mine-1");
        assertThat(service.completion(TestService.body("a", own)).json().getString("id"))
                .isEqualTo("cmpl-mine-1");
        assertThat(service.chat(TestService.chatBody(own)).json().getString("id"))
                .isEqualTo("chatcmpl-mine-1");
    }

    @Test
    void theListOfModelsSaysSo() {
        assertThat(service.get("/v1/models")
                        .json()
                        .getJsonArray("data")
                        .getJsonObject(0)
                        .getJsonObject("capabilities")
                        .getBoolean("completion_fim"))
                .isTrue();
    }
}
