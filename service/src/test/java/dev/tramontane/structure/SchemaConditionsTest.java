package dev.tramontane.structure;

import static dev.tramontane.structure.SchemaCases.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Conditions, opposites, patterns of names and counted elements as they stand in schemas of the field: a document in the order that the schema has is taken if
 * and only if another validator finds it valid.
 */
class SchemaConditionsTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(13), "ab\"{}[]:,01 ", 400);

    static Stream<Arguments> schemas() {
        return Stream.of(
                schema(
                        "{'type': 'object', 'properties': {'country': {'enum': ['US', 'CA', 'NL']}, 'code': {'type':"
                                + " 'string'}}, 'required': ['country'], 'allOf': [{'if': {'properties': {'country':"
                                + " {'const': 'US'}}}, 'then': {'properties': {'code': {'pattern': '^[0-9]{5}$'}},"
                                + " 'required': ['code']}}, {'if': {'properties': {'country': {'const': 'CA'}},"
                                + " 'required': ['country']}, 'then': {'properties': {'code': {'pattern':"
                                + " '^[A-Z][0-9]$'}}}}], 'additionalProperties': false}",
                        "{'country': 'US', 'code': '12345'}",
                        "{'country': 'US', 'code': 'A1'}",
                        "{'country': 'US'}",
                        "{'country': 'CA', 'code': 'A1'}",
                        "{'country': 'CA', 'code': '12345'}",
                        "{'country': 'CA'}",
                        "{'country': 'NL', 'code': 'any'}",
                        "{'country': 'DE'}",
                        "{}"),
                schema(
                        "{'type': 'object', 'properties': {'kind': {'enum': ['card', 'cash']}, 'card': {'type':"
                                + " 'integer'}}, 'required': ['kind'], 'if': {'properties': {'kind': {'const': 'card'}}},"
                                + " 'then': {'required': ['card']}, 'else': {'not': {'required': ['card']}},"
                                + " 'additionalProperties': false}",
                        "{'kind': 'card', 'card': 1}",
                        "{'kind': 'card'}",
                        "{'kind': 'cash'}",
                        "{'kind': 'cash', 'card': 1}"),
                schema("{'type': 'string', 'not': {'enum': ['a', 'b']}}", "'a'", "'ab'", "''", "'b'", "'c'", "1"),
                schema("{'not': {'type': 'null'}}", "null", "1", "'a'", "{}"),
                schema("{'type': 'integer', 'not': {'const': 0}}", "0", "-0", "1", "-1", "10"),
                schema("{'type': 'number', 'minimum': 0, 'not': {'const': 0}}", "0", "0.0", "0.1", "2", "-1"),
                schema("{'type': 'number', 'not': {'type': 'integer'}}", "1", "1.0", "1.5", "0.01", "'a'"),
                schema("{'type': 'array', 'not': {'const': []}}", "[]", "[1]"),
                schema("{'type': 'object', 'not': {'enum': [{}, null]}}", "{}", "{'a': 1}"),
                schema("{'type': 'string', 'not': {'pattern': '^a'}}", "'a'", "'ba'", "''"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}}, 'not': {'required': ['a', 'b']}}",
                        "{}",
                        "{'a': 1}",
                        "{'b': 1}",
                        "{'a': 1, 'b': 1}",
                        "{'c': 1}"),
                schema(
                        "{'$defs': {'n': {'oneOf': [{'type': 'null'}, {'type': 'object', 'properties': {'l': {'$ref':"
                                + " '#/$defs/n'}, 'op': {'const': 1}}, 'required': ['l', 'op']}, {'type': 'object',"
                                + " 'properties': {'l': {'$ref': '#/$defs/n'}, 'op': {'const': 2}}, 'required': ['l',"
                                + " 'op']}]}}, '$ref': '#/$defs/n'}",
                        "null",
                        "{'l': null, 'op': 1}",
                        "{'l': {'l': null, 'op': 2}, 'op': 1}",
                        "{'l': {'l': null, 'op': 3}, 'op': 1}",
                        "{'op': 1}"),
                schema("{'oneOf': [{'type': 'integer'}, {'type': 'number', 'minimum': 2}]}", "1", "2", "2.5", "1.5"),
                schema(
                        "{'oneOf': [{'type': 'string', 'pattern': '^a'}, {'type': 'string', 'pattern': 'b'}]}",
                        "'a'",
                        "'ab'",
                        "'b'",
                        "'c'"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}}, 'oneOf': [{'required': ['a']},"
                                + " {'required': ['b']}], 'additionalProperties': false}",
                        "{}",
                        "{'a': 1}",
                        "{'b': 1}",
                        "{'a': 1, 'b': 1}"),
                schema(
                        "{'type': 'object', 'patternProperties': {'^x-': {'type': 'string'}, '^[0-9]+$': {'type':"
                                + " 'integer'}}, 'additionalProperties': false}",
                        "{}",
                        "{'x-a': 'b'}",
                        "{'x-a': 1}",
                        "{'1': 1, 'x-': ''}",
                        "{'12': 'a'}",
                        "{'y': 1}"),
                schema(
                        "{'type': 'object', 'properties': {'name': {'type': 'string'}, 'x-y': {'maxLength': 1}},"
                                + " 'patternProperties': {'^x-': {'type': 'string'}}}",
                        "{'name': 'a', 'x-y': 'b', 'x-z': 'long', 'other': 1}",
                        "{'x-y': 'bb'}",
                        "{'x-y': 1}",
                        "{'x-z': 1}"),
                schema(
                        "{'type': 'object', 'patternProperties': {'a': {'type': 'integer'}, 'b': {'minimum': 2}}}",
                        "{'a': 1}",
                        "{'b': 1}",
                        "{'ab': 1}",
                        "{'ab': 2}",
                        "{'b': 'x', 'c': null, 'ba': 3}"),
                schema(
                        "{'type': 'object', 'propertyNames': {'enum': ['a', 'b', 'ab']}, 'additionalProperties': {'type':"
                                + " 'integer'}}",
                        "{}",
                        "{'b': 1, 'a': 2}",
                        "{'ab': 1}",
                        "{'c': 1}",
                        "{'a': 'x'}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'B': {}}, 'propertyNames': {'pattern': '^[a-z]+$',"
                                + " 'maxLength': 3}}",
                        "{'a': 1}",
                        "{'B': 1}",
                        "{'abc': 1}",
                        "{'abcd': 1}"),
                schema(
                        "{'type': 'array', 'items': {'enum': ['red', 'green', 1, null]}, 'uniqueItems': true,"
                                + " 'minItems': 1}",
                        "[]",
                        "['red']",
                        "['green', 'red', null]",
                        "['red', 'red']",
                        "[1, null, 1]",
                        "[null, 1, 'green', 'red']"),
                schema(
                        "{'type': 'array', 'items': {'type': 'boolean'}, 'uniqueItems': true, 'maxItems': 1}",
                        "[]",
                        "[true]",
                        "[true, false]"),
                schema(
                        "{'type': 'array', 'items': {'type': 'string'}, 'uniqueItems': true, 'maxItems': 1}",
                        "['a']",
                        "[]"),
                schema(
                        "{'type': 'array', 'items': {'type': 'integer'}, 'contains': {'minimum': 5}}",
                        "[]",
                        "[1]",
                        "[5]",
                        "[1, 7, 2]",
                        "[1, 'a', 7]"),
                schema(
                        "{'type': 'array', 'contains': {'const': 'a'}, 'minContains': 2, 'maxContains': 3, 'maxItems': 4}",
                        "['a']",
                        "['a', 'b', 'a']",
                        "['a', 'a', 'a', 'b']",
                        "['a', 'a', 'a', 'a']",
                        "['a', 'a', 1, 2, 3]"),
                schema(
                        "{'type': 'object', 'if': {'properties': {'a': {'const': 1}}, 'required': ['a']}, 'then':"
                                + " {'properties': {'b': {}}}, 'unevaluatedProperties': false}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 1, 'b': 2}",
                        "{'a': 2}",
                        "{'b': 2}",
                        "{'a': 1, 'c': 2}"),
                schema(
                        "{'type': 'object', 'patternProperties': {'^a': {}}, 'unevaluatedProperties': false}",
                        "{'ab': 1}",
                        "{'b': 1}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'not': {'$ref': '#'}}}, 'required': ['a']}",
                        "{'a': 1}",
                        "{'a': {}}",
                        "{'a': {'a': 1}}",
                        "{'a': {'a': {'a': 1}}}",
                        "{}"));
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void takesWhatIsValid(String schema, List<String> documents) {
        SchemaCases.agree(schema, documents, TOKENS);
    }

    /** A condition that comes first, in allOf, doesn't turn the order of the properties. */
    @Test
    void membersComeInTheOrderOfPropertiesWhateverConditionsName() {
        Structure structure = Judge.structure("""
                {"type": "object", "allOf": [{"if": {"properties": {"b": {"const": 1}}, "required": ["b"]},
                 "then": {"properties": {"c": {}}}}], "properties": {"a": {}, "b": {}}, "additionalProperties": true}""", TOKENS);
        assertThat(Judge.allows(structure, "{\"a\": 1, \"b\": 1}")).isTrue();
        assertThat(Judge.allows(structure, "{\"b\": 1, \"a\": 1}")).isFalse();
        assertThat(Judge.allows(structure, "{\"a\": 1, \"b\": 2}")).isTrue();
    }

    /** Thirty kinds that a tag tells apart are thirty alternatives, not two to the thirtieth. */
    @Test
    void conditionsOnOneTagDontMultiply() {
        StringBuilder schema =
                new StringBuilder("{\"type\": \"object\", \"properties\": {\"t\": {\"type\": \"integer\"}},"
                        + " \"required\": [\"t\"], \"allOf\": [");
        for (int kind = 0; kind < 30; kind++) {
            schema.append(kind == 0 ? "" : ", ")
                    .append("{\"if\": {\"properties\": {\"t\": {\"const\": ")
                    .append(kind)
                    .append("}}}, \"then\": {\"required\": [\"r")
                    .append(kind)
                    .append("\"]}}");
        }
        Structure structure = Judge.structure(schema.append("]}").toString(), TOKENS);
        assertThat(Judge.allows(structure, "{\"t\": 7, \"r7\": 1}")).isTrue();
        assertThat(Judge.allows(structure, "{\"t\": 7, \"r8\": 1}")).isFalse();
        assertThat(Judge.allows(structure, "{\"t\": 31}")).isTrue();
    }
}
