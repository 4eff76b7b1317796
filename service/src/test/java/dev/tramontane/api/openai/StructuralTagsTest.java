package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.generation.AnswerForm;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.structure.Matcher;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureException;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.TokenTree;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Structural tags of both shapes: which texts they allow, and what is refused. */
class StructuralTagsTest {
    private static final TokenTree BYTES = TokenTree.of(256, id -> new byte[] {(byte) id});
    private static final String STRUCTURES = """
            {"type": "structural_tag", "triggers": ["<f="], "structures": [
              {"begin": "<f=get>", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
                "additionalProperties": false}, "end": "</f>"},
              {"begin": "<f=put>", "schema": {"type": "null"}, "end": "</f>"}]}""";

    private static AnswerForm form(String request) {
        return Objects.requireNonNull(FormFields.read(new JsonFields(JsonReader.object(request, "request"))));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\"", "\\\"").replace("\n", " ") + "\"";
    }

    private static boolean allows(String request, String text) {
        Matcher matcher = Structure.of(form(request).form(), BYTES, StructureLimits.DEFAULT)
                .matcher();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            if (!matcher.accept(each & 0xff)) {
                return false;
            }
        }
        return matcher.isComplete();
    }

    @Test
    void structuresBehindTriggersHoweverTheyAreSent() {
        for (String request : List.of(
                "{\"structured_outputs\": {\"structural_tag\": " + quoted(STRUCTURES) + "}}",
                "{\"structured_outputs\": {\"structural_tag\": " + STRUCTURES + "}}",
                "{\"response_format\": " + STRUCTURES + "}")) {
            for (String text : List.of(
                    "",
                    "free < text <f",
                    "<f=get>{\"a\": 1}</f>",
                    "say <f=get>{\"a\": 12}</f> and <f=put>null</f><f=put>null</f> done")) {
                assertThat(allows(request, text)).as(text).isTrue();
            }
            for (String text : List.of(
                    "<f=",
                    "<f=set>",
                    "<f=get>{\"b\": 1}</f>",
                    "<f=get>{\"a\": 1}",
                    "a <f=put>null</g>",
                    "<f=put>1</f>")) {
                assertThat(allows(request, text)).as(text).isFalse();
            }
        }
    }

    private static String format(String format) {
        return "{\"response_format\": {\"type\": \"structural_tag\", \"format\": " + format.replace('\'', '"') + "}}";
    }

    private static final String TAGS =
            "'tags': [{'type': 'tag', 'begin': '<a>', 'content': {'type': 'any_text'}, 'end': '</a>'},"
                    + " {'begin': '<b>', 'content': {'type': 'regex', 'pattern': '[0-9]+'}, 'end': ['</b>', '!']}]";

    @Test
    void formatsWithinEachOther() {
        String triggered = "{'type': 'triggered_tags', 'triggers': ['<a', '<b'], " + TAGS;
        assertThat(allows(format(triggered + "}"), "x<a>any < text</a>y<b>12!z"))
                .isTrue();
        assertThat(allows(format(triggered + "}"), "nothing")).isTrue();
        assertThat(allows(format(triggered + "}"), "<b>x</b>")).isFalse();
        assertThat(allows(format(triggered + ", 'at_least_one': true}"), "nothing"))
                .isFalse();
        assertThat(allows(format(triggered + ", 'at_least_one': true}"), "x<b>1</b>y"))
                .isTrue();
        assertThat(allows(format(triggered + ", 'stop_after_first': true}"), "x<b>1</b>"))
                .isTrue();
        assertThat(allows(format(triggered + ", 'stop_after_first': true}"), "x<b>1</b>y"))
                .isFalse();
        String within = "{'type': 'sequence', 'elements': [{'type': 'tag', 'begin': '<t>', 'end': '</t>', 'content': "
                + triggered + "}}, {'type': 'const_string', 'value': 'so'}]}";
        assertThat(allows(format(within), "<t>x<b>1!y</t>so")).isTrue();
        assertThat(allows(format(within), "<t>x</t>y</t>so")).isFalse();
        String separated = "{'type': 'tags_with_separator', 'separator': ', ', " + TAGS;
        assertThat(allows(format(separated + "}"), "")).isTrue();
        assertThat(allows(format(separated + "}"), "<a></a>, <b>1!, <a>x</a>")).isTrue();
        assertThat(allows(format(separated + "}"), "<a></a> <b>1!")).isFalse();
        assertThat(allows(format(separated + ", 'at_least_one': true}"), "")).isFalse();
        String sequence = "{'type': 'sequence', 'elements': [{'type': 'const_string', 'value': 'so '}, {'type': 'or',"
                + " 'elements': [{'type': 'json_schema', 'json_schema': {'enum': [1, 2]}}, {'type': 'grammar', 'grammar':"
                + " 'root ::= [xy]'}]}]}";
        assertThat(allows(format(sequence), "so 2")).isTrue();
        assertThat(allows(format(sequence), "so x")).isTrue();
        assertThat(allows(format(sequence), "so 3")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type': 'qwen_xml_parameter', 'json_schema': {}} | response_format.format.type must be const_string",
                "{'type': 'triggered_tags', 'triggers': ['<c'], 'tags': [{'begin': '<a>', 'content': {'type': 'any_text'}, 'end': 'x'}]} | none of them is where the tag <a> begins",
                "{'type': 'triggered_tags', 'triggers': [''], 'tags': [{'begin': '<a>', 'content': {'type': 'any_text'}, 'end': 'x'}]} | triggers[0] must be a text that isn't empty",
                "{'type': 'triggered_tags', 'triggers': ['<'], 'tags': []} | tags must be 1 to 64 objects",
                "{'type': 'tag', 'begin': '<a>', 'content': {'type': 'any_text'}, 'end': ''} | response_format.format.end must be",
                "{'type': 'tag', 'begin': '<a>', 'content': {'type': 'any_text'}, 'end': 'x', 'excludes': []} | excludes",
                "{'type': 'json_schema', 'json_schema': 1} | response_format.format.json_schema must be a JSON schema"
            })
    void whatIsNotKnownIsRefusedByItsPlace(String format, String message) {
        assertThatThrownBy(() -> form(format(format)))
                .isInstanceOf(InvalidJsonException.class)
                .hasMessageContaining(message);
    }

    @Test
    void whatATagsSchemaCannotHoldIsToldByTheTag() {
        String request = STRUCTURES.replace("\"type\": \"null\"", "\"format\": \"color\"");
        assertThatThrownBy(() -> allows("{\"response_format\": " + request + "}", ""))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining("the tag <f=put>: the format \"color\" is not supported");
    }
}
