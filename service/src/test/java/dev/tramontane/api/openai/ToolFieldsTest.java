package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients say of tools and calls: OpenAI's two forms and Mistral's words are read to the same rules. */
final class ToolFieldsTest {
    private static final String NESTED = """
        {"tools": [{"type": "function", "function": {"name": "a", "description": "d", "parameters": {"type": "object"}, "strict": true}},
         {"type": "function", "function": {"name": "b"}}]%s}\
        """;
    private static final String FLAT = """
        {"tools": [{"type": "function", "name": "a", "description": "d", "parameters": {"type": "object"}, "strict": true},
         {"type": "function", "name": "b", "strict": null}]%s}\
        """;

    private static ToolFields read(String body) {
        JsonFields fields = new JsonFields(JsonReader.object(body, "body"));
        ToolFields read = ToolFields.read(fields);
        fields.end();
        return read;
    }

    private static void says(String more, Need need, Set<String> allowed, boolean several) {
        ToolFields nested = read(NESTED.replace("%s", more));
        ToolFields flat = read(FLAT.replace("%s", more));
        assertThat(nested.shown()).isEqualTo(flat.shown()).hasSize(2);
        assertThat(nested.calls())
                .isEqualTo(flat.calls())
                .isEqualTo(new CallRules(need, allowed, Set.of("a"), several));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|MAY||true",
                "`, \"tool_choice\": null`|MAY||true",
                "`, \"tool_choice\": \"auto\"`|MAY||true",
                "`, \"tool_choice\": \"required\"`|MUST||true",
                "`, \"tool_choice\": \"any\", \"parallel_tool_calls\": false`|MUST||false",
                "`, \"parallel_tool_calls\": false`|MAY||false",
                "`, \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"b\"}}`|NAMED|b|false",
                "`, \"tool_choice\": {\"type\": \"function\", \"name\": \"b\"}`|NAMED|b|false",
                "`, \"tool_choice\": {\"function\": {\"name\": \"b\"}}`|NAMED|b|false",
                "`, \"tool_choice\": {\"type\": \"allowed_tools\", \"mode\": \"auto\", \"tools\": [{\"type\":"
                        + " \"function\", \"name\": \"b\"}]}`|MAY|b|true",
                "`, \"tool_choice\": {\"type\": \"allowed_tools\", \"allowed_tools\": {\"mode\": \"required\","
                        + " \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\"}}]}}`|MUST|a|true",
            })
    void choices(String more, Need need, String allowed, boolean several) {
        says(more, need, allowed == null ? Set.of() : Set.of(allowed), several);
    }

    /** In what is offered and what is chosen, in both forms. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a b",
                "a.b",
                "a>b",
                "{",
                "é",
                "",
                "12345678901234567890123456789012345678901234567890123456789012345"
            })
    void namesThatNoToolMayHave(String name) {
        for (String body : List.of(
                "{\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"%s\"}}]}",
                "{\"tools\": [{\"type\": \"function\", \"name\": \"%s\"}]}",
                NESTED.replace("%s", ", \"tool_choice\": {\"type\": \"function\", \"name\": \"%s\"}"))) {
            assertThatThrownBy(() -> read(body.replace("%s", name)))
                    .isInstanceOf(InvalidJsonException.class)
                    .hasMessageContaining("name must be 1 to 64 letters, digits, _ or -");
        }
    }

    @Test
    void noneShowsNoToolsAndReadsNoCalls() {
        ToolFields none = read(NESTED.replace("%s", ", \"tool_choice\": \"none\""));
        assertThat(none.shown()).isEmpty();
        assertThat(none.calls()).isEqualTo(CallRules.FREE);
    }
}
