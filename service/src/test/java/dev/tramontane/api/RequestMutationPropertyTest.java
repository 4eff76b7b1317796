package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.fixtures.ScriptedEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a body is, it is answered or refused in OpenAI's words, and the next request finds the service as it was.
 * More bodies: {@code -Dtramontane.fuzz.inputs=N}.
 */
class RequestMutationPropertyTest {
    private static final List<String> CHATS = List.of("""
            {"model": "toy/bytes", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
             "max_tokens": 3, "temperature": 0.5, "seed": 1, "stop": ["x"], "logprobs": true, "top_logprobs": 2}""", """
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "é🙂"}]},
              {"role": "assistant", "content": null, "tool_calls": [{"id": "abcDEF123", "type": "function",
                "function": {"name": "f", "arguments": "{\\"a\\": [1, 2.5, null]}"}}]},
              {"role": "tool", "tool_call_id": "abcDEF123", "content": "{\\"b\\": 1e3}"}],
             "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
             "max_completion_tokens": 2, "stream": true, "stream_options": {"include_usage": true}}""", """
            {"messages": [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One, ", "prefix": true}],
             "max_tokens": 1, "n": 2, "chat_template_kwargs": {"enable_thinking": false}}""");

    private static final List<String> COMPLETIONS = List.of("""
            {"model": "toy/bytes", "prompt": "hello", "max_tokens": 4, "echo": true, "logprobs": 3, "logit_bias": {"5": -1},
             "stop_token_ids": [7], "min_p": 0.1, "repetition_penalty": 1.1, "return_token_ids": true}""", """
            {"prompt": [[1, 2, 3], [4]], "max_tokens": 1, "n": 2, "stream": true, "skip_special_tokens": false}""");

    private static final List<String> TOKENIZE = List.of("""
            {"prompt": "héllo <s>", "add_special_tokens": false, "return_token_strs": true}""", """
            {"messages": [{"role": "user", "content": "hi"}], "add_generation_prompt": false, "tools": []}""");

    private static final List<String> DETOKENIZE = List.of("""
            {"model": "toy/bytes", "tokens": [1, 2, 255, 256, 104]}""");

    /** A refusal in the form that clients know. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize"})
    void everyBodyIsAnsweredOrRefused(String route) {
        List<String> sound = switch (route) {
            case "/v1/chat/completions" -> CHATS;
            case "/v1/completions" -> COMPLETIONS;
            case "/tokenize" -> TOKENIZE;
            default -> DETOKENIZE;
        };
        List<String> words = new ArrayList<>(Mutations.jsonWords());
        words.addAll(
                List.of("\"user\"", "\"assistant\"", "\"tool\"", "\"system\"", "[INST]", "2147483648", "\"prompt\":"));
        try (TestService service = TestService.mistral(MistralVersion.V3, "answer")) {
            ScriptedEngine engine = (ScriptedEngine) service.engine;
            Mutations.ofText(sound, words, Refused.class).run(1000, body -> {
                TestService.Reply reply = service.post(route, body);
                if (reply.status() != 200) {
                    assertThat(reply.status()).as(reply.body()).isIn(400, 404);
                    assertThat(reply.error().getMap().keySet()).isEqualTo(Set.of("message", "type", "param", "code"));
                    throw new Refused(reply.error().getString("message"));
                }
            });
            TestService.eventually().untilAsserted(() -> assertThat(engine.runs).allMatch(ScriptedEngine.Run::over));
            assertThat(service.get("/livez").status()).isEqualTo(200);
        }
    }
}
