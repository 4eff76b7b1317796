package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.SamplingDefaults;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The input of responses as OpenAI's client sends it back. */
final class ResponseHistoriesTest {
    private static final JsonNode OPENAI = Oracle.read("openai-histories");

    private static ResponseCreate read(String json, UnknownFields unknown) {
        return CreateReader.read(
                JsonReader.object(json.getBytes(StandardCharsets.UTF_8)),
                RequestLimits.DEFAULT,
                SamplingDefaults.NEUTRAL,
                unknown,
                History.NONE);
    }

    private static List<Map<String, @Nullable Object>> messages(String input) {
        ResponseCreate create = read("{\"input\": " + input + "}", UnknownFields.refused());
        return ((Prompt.Chat) create.generation().prompt()).conversation().messages();
    }

    private static String nulls(String kind, String... but) {
        return Oracle.stream(OPENAI.get(kind))
                .map(JsonNode::asString)
                .filter(name -> !List.of(but).contains(name))
                .map(name -> ", \"" + name + "\": null")
                .collect(Collectors.joining());
    }

    @Test
    void nullMeansAbsent() {
        read("{\"input\": \"a\", \"of_nobody\": null" + nulls("response", "input") + "}", UnknownFields.refused());
        String part =
                "{\"type\": \"input_text\", \"text\": \"a\", \"odd\": null" + nulls("item part", "type", "text") + "}";
        String item = "[{\"role\": \"user\", \"content\": [" + part + "], \"odd\": null"
                + nulls("item", "role", "content") + "}]";
        assertThat(messages(item))
                .isEqualTo(List.of(Map.of("role", "user", "content", List.of(Map.of("type", "text", "text", "a")))));
    }

    /** What a client copies from a response that it was given. */
    @Test
    void objectsOfNullsAreAbsentToo() {
        ResponseCreate create = read("""
            {"input": "a", "reasoning": {"effort": null, "summary": null}, "prompt": {"id": null},
             "text": {"format": {"type": "text"}, "verbosity": null}, "stream_options": {"include_obfuscation": null},
             "metadata": {"k": null, "l": "v"}, "logit_bias": {"3": null}, "tool_choice": null}\
            """, UnknownFields.refused());
        assertThat(create.metadata()).isEqualTo(Map.of("l", "v"));
        assertThat(create.generation().sampling().bias()).isEmpty();
        assertThatThrownBy(() ->
                        read("{\"input\": \"a\", \"reasoning\": {\"effort\": \"much\"}}", UnknownFields.refused()))
                .hasMessageContaining("reasoning.effort must be one of none, ");
        assertThat(((Prompt.Chat) read(
                                        "{\"input\": \"a\", \"reasoning\": {\"effort\": \"low\", \"summary\": \"auto\"}}",
                                        UnknownFields.refused())
                                .generation()
                                .prompt())
                        .conversation()
                        .variables())
                .isEqualTo(Map.of("reasoning_effort", "low"));
    }

    @Test
    void anAnswerIsSentBackAsItWasDumped() {
        assertThat(messages(
                        "[" + OPENAI.get("output") + ", {\"role\": \"user\", \"content\": \"b\", \"mood\": \"fine\"}]"))
                .isEqualTo(List.of(
                        Map.of("role", "assistant", "content", List.of(Map.of("type", "text", "text", "Hello"))),
                        Map.of("role", "user", "content", "b", "mood", "fine")));
    }

    @Test
    void unknownFieldsAreRefusedOrNamed() {
        String odd = "{\"input\": \"a\", \"temprature\": 1}";
        assertThatThrownBy(() -> read(odd, UnknownFields.refused()))
                .isInstanceOf(InvalidJsonException.class)
                .hasMessage("unknown field temprature; did you mean temperature?");
        assertThat(read(odd, UnknownFields.ignored()).ignoredFields()).containsExactly("temprature");
        assertThat(new ResponseEvents(
                                "1",
                                read(odd, UnknownFields.ignored()),
                                "toy",
                                AnswerStyle.PLAIN,
                                java.time.InstantSource.fixed(java.time.Instant.EPOCH))
                        .accepted())
                .hasSize(2)
                .allMatch(event -> event.json().contains("\"ignored_fields\":[\"temprature\"]"));
        assertThat(new ResponseEvents(
                                "1",
                                read("{\"input\": \"a\"}", UnknownFields.ignored()),
                                "toy",
                                AnswerStyle.PLAIN,
                                java.time.InstantSource.fixed(java.time.Instant.EPOCH))
                        .accepted())
                .noneMatch(event -> event.json().contains("ignored_fields"));
    }
}
