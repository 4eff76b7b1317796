package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Oracle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Mistral's layouts against mistral-common's, border by border; the same to ids in {@code MistralTokensTest}. */
final class MistralLayoutTest {

    static Stream<JsonNode> cases() {
        return Stream.of("mistral-layouts", "mistral-thoughts")
                .flatMap(name -> Oracle.stream(Oracle.read(name).get("cases")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void asMistralCommon(JsonNode test) {
        boolean proceed = test.has("continue");
        Conversation conversation = new Conversation(
                Json.maps(test.get("messages")),
                test.has("tools") ? Json.maps(test.get("tools")) : List.of(),
                !proceed && !test.has("generate"),
                proceed,
                Map.of());
        test.get("expected").properties().forEach(expected -> {
            for (String version : expected.getKey().split(" ", -1)) {
                MistralLayout layout = layout(version(version));
                if (expected.getValue().isString()) {
                    assertThatThrownBy(() -> layout.render(conversation))
                            .as(version + " refuses, as mistral-common: " + expected.getValue())
                            .isInstanceOf(ChatLayoutException.class)
                            .hasMessageEndingWith(".");
                } else {
                    assertThat(pieces(layout.render(conversation))).as(version).isEqualTo(strings(expected.getValue()));
                }
            }
        });
    }

    @Test
    void everyVersionIsInTheOracle() {
        List<MistralVersion> tested = cases().flatMap(test -> test.get("expected").properties().stream())
                .flatMap(expected -> Arrays.stream(expected.getKey().split(" ", -1)))
                .distinct()
                .map(MistralLayoutTest::version)
                .toList();
        assertThat(tested)
                .containsExactlyInAnyOrder(
                        MistralVersion.V1,
                        MistralVersion.V2,
                        MistralVersion.V3,
                        MistralVersion.V7,
                        MistralVersion.V11,
                        MistralVersion.V13,
                        MistralVersion.V15);
    }

    /** What a vocabulary is asked for is what layouts write. */
    @ParameterizedTest
    @MethodSource("cases")
    void writesItsOwnControlTokensOnly(JsonNode test) {
        test.get("expected").properties().forEach(expected -> {
            for (String version : expected.getKey().split(" ", -1)) {
                strings(expected.getValue()).stream()
                        .filter(piece -> piece.startsWith("#"))
                        .filter(piece -> !version(version).hasThoughts()
                                || !MistralVersion.thoughtTokens().contains(piece.substring(1)))
                        .forEach(piece ->
                                assertThat(version(version).controlTokens()).contains(piece.substring(1)));
            }
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokenizer.model | V1",
                "tokenizer.model.v1 | V1",
                "mistral_instruct_tokenizer_240216.model.v2 | V2",
                "mistral_instruct_tokenizer_240323.model.v3 | V3",
                "tokenizer.model.v3m1 | V3",
                "tokenizer.model.v7 | V7",
                "mistral_instruct_tokenizer_241114.model.v7m1 | V7"
            })
    void sentencePieceFilesTellTheirVersionByName(String name, MistralVersion version) {
        assertThat(MistralVersion.ofFile(name)).isEqualTo(version);
    }

    @ParameterizedTest
    @CsvSource({"v3,V3_TEKKEN", "v7,V7_TEKKEN", "v11,V11", "v13,V13", "v15,V15"})
    void tekkenTellsItsVersionByField(String field, MistralVersion version) {
        assertThat(MistralVersion.ofTekken(field)).isEqualTo(version);
    }

    @Test
    void unknownVersionsAreRefusedByName() {
        for (String name :
                List.of("tokenizer.json", "tokenizer.model.v4", "tokenizer.model.v7m2", "tokenizer.model.", "v3")) {
            assertThatThrownBy(() -> MistralVersion.ofFile(name))
                    .isInstanceOf(ChatLayoutException.class)
                    .hasMessage("The name of the tokenizer file, " + name + ", ends in no version of Mistral's layouts"
                            + " known here: .model, or .model. followed by"
                            + " v1, v2, v3, v7, possibly with m1 for"
                            + " images.");
        }
        assertThatThrownBy(() -> MistralVersion.ofTekken("v99" + "9".repeat(100)))
                .hasMessage("tekken.json is of version v9999999999999999999…, which is none of the versions of"
                        + " Mistral's layouts known here: v3, v7, v11, v13, v15.");
        assertThatThrownBy(() -> MistralLayout.of(MistralVersion.V15))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage("Chats of Mistral's tokenizer version v15 begin with settings that tekken.json describes"
                        + " (\"model_settings_builder\"), and this model's files hold no such description. Use"
                        + " /v1/completions.");
    }

    /** mistral-common drops an effort that the model has no setting for; a client would take it for heeded. */
    @Test
    void effortsThatAModelDoesNotHaveAreRefused() {
        assertThatThrownBy(() -> MistralLayout.of(MistralVersion.V15, MistralSettings.NONE)
                        .render(effort("high")))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage("reasoning_effort is no setting of this model; leave it out.");
        assertThatThrownBy(() -> layout(MistralVersion.V15).render(effort("low")))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage("reasoning_effort must be one of none, high for this model.");
        assertThat(pieces(layout(MistralVersion.V15).render(effort("high"))))
                .containsExactly(
                        "#<s>",
                        "#[MODEL_SETTINGS]",
                        "={\"reasoning_effort\": \"high\"}",
                        "#[/MODEL_SETTINGS]",
                        "#[INST]",
                        "=a",
                        "#[/INST]");
    }

    private static Conversation effort(String effort) {
        return new Conversation(
                List.of(Map.of("role", "user", "content", "a")),
                List.of(),
                true,
                false,
                Map.of("reasoning_effort", effort));
    }

    /** The words a client sees. */
    @Test
    void refusalsNameTheMessage() {
        Conversation late = talk(true, "user", "a", "assistant", "b");
        refuses(
                MistralVersion.V3,
                late,
                "The last message must be the user's or a tool's for an answer to follow; set"
                        + " continue_final_message to continue the assistant's.");
        refuses(
                MistralVersion.V7,
                talk(true, "user", "a", "assistant", "b", "system", "c", "user", "d"),
                "messages[2]: a message of the system cannot follow one of the assistant.");
        refuses(
                MistralVersion.V3,
                talk(true, "user", "a", "tool", "b"),
                "messages[1]: a message of a tool cannot follow one of the user.");
        refuses(
                MistralVersion.V3,
                talk(true, "robot", "a"),
                "messages[0].role must be system, user, assistant or tool for this model's chat layout.");
        refuses(
                MistralVersion.V3,
                called("call_1", "f"),
                "messages[1].tool_calls[0].id must be 9 letters or digits (a-z, A-Z, 0-9) for this model, got"
                        + " \"call_1\".");
        refuses(MistralVersion.V13, called("null", "f"), "messages[1].tool_calls[0].id must be an id, got \"null\".");
        refuses(
                MistralVersion.V3,
                called("abcDEF123", "no name"),
                "messages[1].tool_calls[0].function.name must be 1 to 64 letters, digits, _ or -, got \"no name\".");
        refuses(
                MistralVersion.V1,
                new Conversation(
                        List.of(Map.of("role", "user", "content", "a")),
                        List.of(Map.of("function", Map.of("name", "f"))),
                        true,
                        false,
                        Map.of()),
                "This model's chat layout, mistral-v1, has no place for tools.");
        refuses(
                MistralVersion.V7,
                new Conversation(
                        List.of(Map.of("role", "system", "content", "a")),
                        List.of(Map.of("function", Map.of("name", "f"))),
                        true,
                        false,
                        Map.of()),
                "tools stand before a message of the user's, and there is none.");
    }

    /** JSON that cannot be shown as a value is shown as the text that it came as, in results as in arguments. */
    @Test
    void jsonThatIsNoValueStaysText() {
        for (String text :
                List.of("[".repeat(100_000) + "]".repeat(100_000), "{\"a\": \"\\ud800\"}", "1".repeat(4301))) {
            Map<String, @Nullable Object> call =
                    Map.of("id", "abcDEF123", "function", Map.of("name", "f", "arguments", text));
            Conversation conversation = new Conversation(
                    List.of(
                            Map.of("role", "user", "content", "a"),
                            Map.of("role", "assistant", "tool_calls", List.of(call)),
                            Map.of("role", "tool", "tool_call_id", "abcDEF123", "content", text)),
                    List.of(),
                    true,
                    false,
                    Map.of());
            String shown = PythonJson.dumps(text);
            for (MistralVersion version : List.of(MistralVersion.V3, MistralVersion.V7, MistralVersion.V11)) {
                assertThat(layout(version).render(conversation).text())
                        .contains(shown)
                        .contains(version.since(7) ? text : "{\"content\": " + shown);
            }
        }
    }

    private static void refuses(MistralVersion version, Conversation conversation, String message) {
        assertThatThrownBy(() -> layout(version).render(conversation))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage(message);
    }

    private static Conversation talk(boolean generate, String... turns) {
        return JinjaLayoutTest.chat(generate, false, turns);
    }

    private static Conversation called(String id, String name) {
        Map<String, @Nullable Object> call = Map.of("id", id, "function", Map.of("name", name, "arguments", Map.of()));
        return new Conversation(
                List.of(
                        Map.of("role", "user", "content", "a"),
                        Map.of("role", "assistant", "content", "", "tool_calls", List.of(call)),
                        Map.of("role", "tool", "content", "1", "tool_call_id", id)),
                List.of(),
                true,
                false,
                Map.of());
    }

    /** Of v15 the one with the settings of the oracle's cases. */
    private static MistralLayout layout(MistralVersion version) {
        return version.hasSettings()
                ? MistralLayout.of(version, new MistralSettings(List.of("none", "high"), "none", false))
                : MistralLayout.of(version);
    }

    private static MistralVersion version(String label) {
        return Arrays.stream(MistralVersion.values())
                .filter(version -> version.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new AssertionError(label));
    }

    private static List<String> pieces(ChatPrompt prompt) {
        return prompt.pieces().stream()
                .map(piece -> switch (piece) {
                    case ChatPrompt.Control control -> "#" + control.text();
                    case ChatPrompt.Whole whole -> "=" + whole.text();
                    case ChatPrompt.Stretch stretch -> throw new AssertionError("a stretch: " + stretch);
                })
                .toList();
    }

    private static List<String> strings(JsonNode array) {
        return Oracle.stream(array).map(JsonNode::asString).toList();
    }
}
