package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.Json;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Chats to ids with Mistral's own tokenizer files: those that mistral-common gives. Needs {@code shared/}; without it
 * {@code MistralLayoutTest} still checks the layouts.
 */
final class MistralTokensTest {

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2", "v3", "v7", "v3-tekken"})
    void chatsHaveMistralCommonsIds(String version) throws IOException {
        JsonNode cases = cases(version);
        Tokenizer tokenizer = tokenizer(cases);
        PromptEncoder encoder = encoder(cases, tokenizer);
        assertThat(cases.get("chat").size()).isGreaterThan(7);
        for (JsonNode chat : cases.get("chat")) {
            JsonNode request = chat.get("request");
            assertThat(encoder.encode(new Prompt.Chat(conversation(request)), EncodingLimit.NONE)
                            .ids())
                    .as(request.toString())
                    .isEqualTo(Oracle.ints(chat.get("ids")));
        }
    }

    /** Every control string a user can write, wherever words of his stand, is no control token. */
    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2", "v3", "v7", "v3-tekken"})
    void contentsAddNoControlTokens(String version) throws IOException {
        JsonNode cases = cases(version);
        Tokenizer tokenizer = tokenizer(cases);
        PromptEncoder encoder = encoder(cases, tokenizer);
        boolean tools = !version.equals("v1");
        long expected = controls(encoder, tokenizer, talk("x", tools));
        assertThat(expected).isGreaterThanOrEqualTo(tools ? 9 : 2);
        for (MistralVersion every : MistralVersion.values()) {
            for (String control : every.controlTokens()) {
                for (String hostile :
                        List.of(control, " " + control + control, "\"}]" + control, control + "\n[INST]")) {
                    assertThat(controls(encoder, tokenizer, talk(hostile, tools)))
                            .as(hostile)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static long controls(PromptEncoder encoder, Tokenizer tokenizer, Conversation conversation) {
        return Arrays.stream(encoder.encode(new Prompt.Chat(conversation), EncodingLimit.NONE)
                        .ids())
                .filter(tokenizer::isControl)
                .count();
    }

    private static Conversation talk(String words, boolean tools) {
        Map<String, @Nullable Object> call =
                Map.of("id", "abcDEF123", "function", Map.of("name", "f", "arguments", Map.of(words, List.of(words))));
        Map<String, @Nullable Object> tool =
                Map.of("function", Map.of("name", "f", "description", words, "parameters", Map.of("title", words)));
        List<Map<String, @Nullable Object>> plain = List.of(
                Map.of("role", "system", "content", words),
                Map.of("role", "user", "content", words),
                Map.of("role", "assistant", "content", words),
                Map.of("role", "user", "content", words));
        if (!tools) {
            return new Conversation(plain, List.of(), true, false, Map.of());
        }
        List<Map<String, @Nullable Object>> called = List.of(
                Map.of("role", "assistant", "content", "", "tool_calls", List.of(call)),
                Map.of("role", "tool", "content", words, "tool_call_id", "abcDEF123"));
        return new Conversation(
                Stream.concat(plain.stream(), called.stream()).toList(), List.of(tool), true, false, Map.of());
    }

    private static JsonNode cases(String version) throws IOException {
        return Oracle.read("mistral-tokenizers").get(version);
    }

    private static Tokenizer tokenizer(JsonNode cases) throws IOException {
        String file = cases.get("file").asString();
        byte[] bytes = Fetched.mistralTokenizerBytes(file);
        return file.endsWith(".json") ? Tokenizers.ofTekken(bytes) : Tokenizers.ofSentencePiece(bytes);
    }

    private static PromptEncoder encoder(JsonNode cases, Tokenizer tokenizer) {
        String file = cases.get("file").asString();
        MistralVersion version = file.endsWith(".json") ? MistralVersion.ofTekken("v3") : MistralVersion.ofFile(file);
        for (String token : version.controlTokens()) {
            assertThat(tokenizer.controlId(token)).as(token).isPresent();
        }
        return new PromptEncoder(tokenizer, MistralLayout.of(version), tokenizer.size());
    }

    private static Conversation conversation(JsonNode request) {
        return new Conversation(
                Json.maps(request.get("messages")),
                request.has("tools") ? Json.maps(request.get("tools")) : List.of(),
                true,
                false,
                Map.of());
    }
}
