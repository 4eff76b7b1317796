package dev.tramontane.structure;

import static dev.tramontane.structure.SchemaCases.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Schemas and documents in the order and spelling that are allowed: a document is taken if and only if another validator finds it valid. */
class SchemaTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(11), "ab\"{}[]:,01 ", 400);

    static Stream<Arguments> schemas() {
        return Stream.of(
                schema("{}", "1", "'a'", "[]", "{}", "null", "[1, {'a': [true]}]"),
                schema("{'type': 'string'}", "''", "'a\u00e9\ud83d\ude00\\n\\u0041\\ud83d\\ude00\\/'", "1", "null"),
                schema(
                        "{'type': 'string', 'minLength': 2, 'maxLength': 3}",
                        "'a'",
                        "'ab'",
                        "'a\\n\ud83d\ude00'",
                        "'abcd'",
                        "'\\ud83d\\ude00'"),
                schema("{'type': 'string', 'pattern': 'b+'}", "'b'", "'abba'", "'a'", "''"),
                schema("{'type': 'string', 'pattern': '^b|a$'}", "'bc'", "'ca'", "'cb'", "'b'"),
                schema("{'type': 'string', 'pattern': '^[a-c]+$', 'maxLength': 3}", "'abc'", "'abca'", "'ad'", "''"),
                schema("{'pattern': '^a'}", "1", "'a'", "'b'", "{'a': 'b'}"),
                schema(
                        "{'allOf': [{'pattern': 'a'}, {'pattern': 'b'}], 'type': 'string'}",
                        "'ab'",
                        "'xbxa'",
                        "'a'",
                        "'b'"),
                schema("{'type': 'integer'}", "0", "-0", "17", "-5", "1.5", "'1'", "true"),
                schema("{'type': 'number'}", "0", "-0.5", "1e5", "2.5E-3", "'a'"),
                schema(
                        "{'type': 'integer', 'minimum': 3, 'maximum': 120}",
                        "2",
                        "3",
                        "9",
                        "10",
                        "99",
                        "100",
                        "119",
                        "120",
                        "121",
                        "200",
                        "-5"),
                schema(
                        "{'type': 'integer', 'minimum': -12, 'exclusiveMaximum': 7}",
                        "-13",
                        "-12",
                        "-1",
                        "0",
                        "-0",
                        "6",
                        "7",
                        "10"),
                schema(
                        "{'type': 'number', 'exclusiveMinimum': 0.25, 'maximum': 1.5}",
                        "0",
                        "0.25",
                        "0.250",
                        "0.2500001",
                        "0.3",
                        "1",
                        "1.5",
                        "1.50",
                        "1.51",
                        "2"),
                schema(
                        "{'type': 'number', 'minimum': -1.5, 'maximum': -0.5}",
                        "-1.6",
                        "-1.5",
                        "-1",
                        "-0.5",
                        "-0.49",
                        "0",
                        "1"),
                schema(
                        "{'type': 'number', 'minimum': 0, 'exclusiveMaximum': 1}",
                        "0",
                        "-0",
                        "0.999",
                        "1",
                        "1.0",
                        "0.0"),
                schema("{'type': 'integer', 'minimum': 99}", "98", "99", "100", "12345678", "9"),
                schema("{'type': 'integer', 'multipleOf': 7}", "0", "7", "-14", "700", "8", "15"),
                schema(
                        "{'type': 'integer', 'multipleOf': 3600}",
                        "0",
                        "-0",
                        "3600",
                        "360",
                        "-7200",
                        "36000",
                        "36",
                        "10800"),
                schema(
                        "{'type': 'number', 'multipleOf': 1000000}",
                        "0",
                        "0.0",
                        "1000000",
                        "2000000.00",
                        "100000",
                        "1000000.1"),
                schema(
                        "{'type': 'integer', 'multipleOf': 2500, 'minimum': 4000, 'maximum': 9000}",
                        "2500",
                        "5000",
                        "7500",
                        "7000"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}, 'c': {}}, 'dependentRequired': {'a': ['b'], 'c': []}}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 1, 'b': 2}",
                        "{'b': 2}",
                        "{'c': 1}",
                        "{'a': 1, 'c': 1}",
                        "{'a': 1, 'b': 2, 'c': 3, 'd': 4}"),
                schema(
                        "{'dependentRequired': {'a': ['b']}}",
                        "1",
                        "{'a': 1}",
                        "{'a': 1, 'b': 1}",
                        "{'b': 1}",
                        "{'x': 1}",
                        "'a'"),
                schema(
                        "{'type': 'object', 'properties': {'card': {'type': 'integer'}}, 'dependentSchemas': {'card':"
                                + " {'properties': {'address': {'type': 'string'}}, 'required': ['address']}},"
                                + " 'unevaluatedProperties': false}",
                        "{}",
                        "{'card': 1}",
                        "{'card': 1, 'address': 'x'}",
                        "{'card': 1, 'address': 2}",
                        "{'address': 'x'}"),
                schema(
                        "{'type': 'array', 'allOf': [{'prefixItems': [{'type': 'integer'}, {}]}], 'prefixItems': [{'minimum': 2}],"
                                + " 'unevaluatedItems': {'type': 'null'}}",
                        "[]",
                        "[1]",
                        "[2]",
                        "[2, 'a']",
                        "[2, 'a', null, null]",
                        "[2, 'a', 1]"),
                schema(
                        "{'type': 'array', 'allOf': [{'items': {'type': 'integer'}}], 'unevaluatedItems': false}",
                        "[1, 2]",
                        "['a']"),
                schema("{'prefixItems': [{}], 'unevaluatedItems': false}", "[]", "[1]", "[1, 2]", "{}", "7"),
                schema(
                        "{'type': 'number', 'multipleOf': 0.25, 'maximum': 10}",
                        "0.5",
                        "0.75",
                        "0.750",
                        "10",
                        "0.3",
                        "10.25",
                        "3",
                        "-0.25"),
                schema(
                        "{'type': 'integer', 'multipleOf': 5, 'minimum': 11, 'maximum': 31}",
                        "10",
                        "15",
                        "20",
                        "30",
                        "35",
                        "12"),
                schema("{'type': ['string', 'null']}", "null", "'a'", "1", "{}"),
                schema(
                        "{'enum': ['red', 1, null, [1, 'a'], {'b': 2}]}",
                        "'red'",
                        "1",
                        "null",
                        "[1, 'a']",
                        "{'b': 2}",
                        "'blue'",
                        "2",
                        "[1]"),
                schema("{'const': 'a\\\\b'}", "'a\\\\b'", "'b'"),
                schema("{'enum': [1, 2, 'a'], 'type': 'integer', 'minimum': 2}", "1", "2", "'a'"),
                schema("{'allOf': [{'enum': [1, 2, 3]}, {'enum': [2.0, 3, 4]}]}", "1", "2", "3", "4"),
                schema("{'type': 'array'}", "[]", "[1]", "[1, 'a', {}]", "{}"),
                schema(
                        "{'type': 'array', 'items': {'type': 'integer'}, 'minItems': 1, 'maxItems': 3}",
                        "[]",
                        "[1]",
                        "[1, 2, 3]",
                        "[1,2,3,4]",
                        "['a']"),
                schema(
                        "{'type': 'array', 'items': {'type': 'boolean'}, 'maxItems': 1}",
                        "[]",
                        "[true]",
                        "[true, false]"),
                schema("{'type': 'array', 'items': {'type': 'boolean'}, 'maxItems': 0}", "[]", "[true]"),
                schema(
                        "{'type': 'array', 'items': {'type': 'integer'}, 'minItems': 30, 'maxItems': 60}",
                        "[1]",
                        "[" + "1,".repeat(29) + "1]",
                        "[" + "1,".repeat(59) + "1]",
                        "[" + "1,".repeat(60) + "1]"),
                schema(
                        "{'type': 'array', 'prefixItems': [{'type': 'integer'}, {'type': 'string'}], 'items': false}",
                        "[]",
                        "[1]",
                        "[1, 'a']",
                        "[1, 'a', 2]",
                        "['a']"),
                schema(
                        "{'type': 'array', 'prefixItems': [{'type': 'integer'}], 'items': {'type': 'string'},"
                                + " 'minItems': 2}",
                        "[1]",
                        "[1, 'a']",
                        "[1, 'a', 'b']",
                        "[1, 2]"),
                schema(
                        "{'type': 'array', 'prefixItems': [{'const': 1}], 'minItems': 1, 'maxItems': 2}",
                        "[1]",
                        "[1, {}]",
                        "[1, 2, 3]",
                        "[2]",
                        "[]"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'type': 'integer'}, 'b': {'type': 'string'}},"
                                + " 'required': ['a', 'b'], 'additionalProperties': false}",
                        "{'a': 1, 'b': 'x'}",
                        "{'a':1,'b':'x'}",
                        "{'a': 1}",
                        "{}",
                        "{'a': 1, 'b': 'x', 'c': 1}",
                        "{\n  'a': 1,\n  'b': 'x'\n}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}, 'c': {}}, 'required': ['b'],"
                                + " 'additionalProperties': false}",
                        "{'b': 1}",
                        "{'a': 1, 'b': 2}",
                        "{'b': 1, 'c': 1}",
                        "{'a': 1, 'b': 2, 'c': 3}",
                        "{'a': 1}",
                        "{}",
                        "{'d': 1, 'b': 1}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'type': 'integer'}}}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 'x'}",
                        "{'a': 1, 'ab': 'x', 'c': null}",
                        "{'': 1}",
                        "{'\\u0061': 1}".replace("\\u0061", "ab")),
                schema(
                        "{'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'additionalProperties': {'type':"
                                + " 'string'}}",
                        "{'b': 'x'}",
                        "{'b': 1}",
                        "{'a': 1, 'b': 'x', 'c': 'y'}",
                        "{'a': 'x'}"),
                schema("{'type': 'object', 'required': ['x']}", "{}", "{'x': 1}", "{'x': 1, 'y': 2}"),
                schema(
                        "{'type': 'object', 'additionalProperties': {'type': 'integer'}, 'minProperties': 1,"
                                + " 'maxProperties': 2}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 1, 'b': 2}",
                        "{'a': 1, 'b': 2, 'c': 3}"),
                schema(
                        "{'type': 'object', 'minProperties': 1, 'maxProperties': 1000000, 'additionalProperties': {'type':"
                                + " 'null'}}",
                        "{}",
                        "{'a': null, 'b': null, 'c': null}",
                        "{'a': null, 'b': 1}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}, 'c': {}}, 'additionalProperties': false,"
                                + " 'minProperties': 2, 'maxProperties': 2}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 1, 'c': 1}",
                        "{'b': 1, 'c': 1}",
                        "{'a': 1, 'b': 1, 'c': 1}"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}, 'b': {}}, 'required': ['a'], 'maxProperties': 1}",
                        "{'a': 1}",
                        "{'a': 1, 'b': 1}",
                        "{'a': 1, 'z': 1}",
                        "{'b': 1}"),
                schema(
                        "{'anyOf': [{'type': 'integer'}, {'type': 'string', 'maxLength': 1}]}",
                        "1",
                        "'a'",
                        "'ab'",
                        "null"),
                schema("{'anyOf': [{'minimum': 5}, {'multipleOf': 2}], 'type': 'integer'}", "1", "2", "5", "6", "3"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'anyOf': [{'required': ['a']},"
                                + " {'properties': {'b': {'const': 1}}, 'required': ['b']}]}",
                        "{}",
                        "{'a': 1}",
                        "{'b': 1}",
                        "{'a': 1, 'b': 2}",
                        "{'b': 2}"),
                schema("{'oneOf': [{'type': 'integer'}, {'type': 'string'}]}", "1", "'a'", "null"),
                schema(
                        "{'oneOf': [{'type': 'object', 'properties': {'k': {'const': 'x'}, 'v': {'type': 'integer'}},"
                                + " 'required': ['k', 'v']}, {'type': 'object', 'properties': {'k': {'const': 'y'}, 'w':"
                                + " {'type': 'string'}}, 'required': ['k', 'w']}]}",
                        "{'k': 'x', 'v': 1}",
                        "{'k': 'y', 'w': 'a'}",
                        "{'k': 'x', 'w': 'a'}",
                        "{'k': 'z'}"),
                schema(
                        "{'allOf': [{'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'required': ['a']},"
                                + " {'properties': {'b': {'type': 'string'}}, 'required': ['b']}]}",
                        "{'a': 1, 'b': 'x'}",
                        "{'a': 1}",
                        "{'b': 'x'}",
                        "{'a': 1, 'b': 2}"),
                schema(
                        "{'allOf': [{'type': 'object', 'properties': {'a': {}}, 'additionalProperties': false},"
                                + " {'properties': {'b': {}}}]}",
                        "{}",
                        "{'a': 1}",
                        "{'b': 1}"),
                schema(
                        "{'allOf': [{'type': 'object', 'properties': {'a': {'minimum': 3}}}, {'properties': {'a':"
                                + " {'maximum': 5, 'type': 'integer'}}}]}",
                        "{'a': 2}",
                        "{'a': 3}",
                        "{'a': 5}",
                        "{'a': 6}"),
                schema(
                        "{'type': 'object', 'allOf': [{'properties': {'a': {}}}], 'properties': {'b': {}},"
                                + " 'unevaluatedProperties': false}",
                        "{}",
                        "{'a': 1}",
                        "{'a': 1, 'b': 1}",
                        "{'c': 1}"),
                schema(
                        "{'type': 'object', '$ref': '#/$defs/base', 'properties': {'b': {}}, 'unevaluatedProperties':"
                                + " {'type': 'integer'}, '$defs': {'base': {'properties': {'a': {}}}}}",
                        "{'a': 'x', 'b': 'x', 'c': 1}",
                        "{'a': 'x', 'c': 'x'}"),
                schema(
                        "{'$ref': '#/$defs/tree', '$defs': {'tree': {'type': 'object', 'properties': {'v': {'type':"
                                + " 'integer'}, 'l': {'anyOf': [{'$ref': '#/$defs/tree'}, {'type': 'null'}]}}, 'required':"
                                + " ['v', 'l'], 'additionalProperties': false}}}",
                        "{'v': 1, 'l': null}",
                        "{'v': 1, 'l': {'v': 2, 'l': {'v': 3, 'l': null}}}",
                        "{'v': 1, 'l': {}}",
                        "{'v': 1}"),
                schema("{'type': 'array', 'items': {'$ref': '#'}}", "[]", "[[], [[]]]", "[1]"),
                schema(
                        "{'type': 'object', 'properties': {'n~/%': {'type': 'object', 'properties': {'x': {'type':"
                                + " 'integer'}}}, 'm': {'$ref': '#/properties/n~0~1%25'}}}",
                        "{'n~/%': {'x': 1}, 'm': {'x': 1}}", "{'m': {'x': 'a'}}"),
                schema(
                        "{'type': 'string', 'format': 'date'}",
                        "'2024-02-29'",
                        "'2023-02-29'",
                        "'2000-02-29'",
                        "'1900-02-29'",
                        "'2023-04-31'",
                        "'2023-12-31'",
                        "'a'"),
                schema(
                        "{'type': 'string', 'format': 'date-time'}",
                        "'2024-02-29T23:59:59Z'",
                        "'2024-01-01T00:00:00.5+01:00'",
                        "'2024-01-01'",
                        "'2024-01-01T25:00:00Z'"),
                schema("{'type': 'string', 'format': 'time'}", "'23:59:59Z'", "'24:00:00Z'", "'00:00:00-05:30'"),
                schema("{'type': 'string', 'format': 'uuid'}", "'123e4567-e89b-12d3-a456-426614174000'", "'123e4567'"),
                schema(
                        "{'type': 'string', 'format': 'ipv4'}",
                        "'1.2.3.4'",
                        "'255.255.255.255'",
                        "'256.1.1.1'",
                        "'1.2.3'"),
                schema(
                        "{'type': 'string', 'format': 'ipv6'}",
                        "'::'",
                        "'::1'",
                        "'1::'",
                        "'1:2:3:4:5:6:7:8'",
                        "'1:2:3:4:5:6:7::'",
                        "'::2:3:4:5:6:7:8'",
                        "'1::8'",
                        "'1:2:3:4:5:6:7:8:9'",
                        "'1::2::3'",
                        "'fe80::abcd'",
                        "'12345::'"),
                schema(
                        "{'type': 'string', 'format': 'email'}",
                        "'a.b@example.com'",
                        "'a@b@c'",
                        "'a'",
                        "'x+y@mail.example.org'"),
                schema("{'type': 'string', 'format': 'hostname'}", "'example.com'", "'-a'", "'a_b'"),
                schema(
                        "{'type': 'string', 'format': 'duration'}",
                        "'P1Y2M3D'",
                        "'PT1H'",
                        "'P1W'",
                        "'P'",
                        "'1'",
                        "'P1DT2H3M4S'"),
                schema("{'type': 'string', 'format': 'uri'}", "'https://example.com/a?b=c#d'", "'a b'"),
                schema(
                        "{'type': 'string', 'format': 'uuid', 'maxLength': 36, 'pattern': '^1'}",
                        "'123e4567-e89b-12d3-a456-426614174000'",
                        "'223e4567-e89b-12d3-a456-426614174000'"));
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void takesWhatIsValid(String schema, List<String> documents) {
        int valid = SchemaCases.agree(schema, documents, TOKENS);
        assertThat(valid == 0 && documents.size() > 2).as("nothing is valid").isFalse();
    }

    @Test
    void anyObjectIsAnObject() {
        Structure structure = Structure.of(new Form.JsonObject(), TOKENS, StructureLimits.DEFAULT);
        assertThat(Judge.allows(structure, "{}")).isTrue();
        assertThat(Judge.allows(structure, "{\"a\": [1, {\"\\u00e9\": null}], \"b\": -1.5e3}"))
                .isTrue();
        for (String other : List.of(
                "[]",
                "1",
                "",
                " {}",
                "{} ",
                "{\"a\"}",
                "{,}",
                "{\"a\":1,}",
                "{\"a\":01}",
                "{\"\\ud800\":1}",
                "{\"a\":\"\t\"}")) {
            assertThat(Judge.allows(structure, other)).as(other).isFalse();
        }
    }

    /** Space without end would let a model write nothing else. */
    @Test
    void spaceIsBounded() {
        Structure structure = Structure.of(new Form.JsonObject(), TOKENS, StructureLimits.DEFAULT);
        assertThat(Judge.allows(structure, "{ \"a\" : [ ] }")).isTrue();
        assertThat(Judge.allows(structure, "{\n" + "\t".repeat(64) + "\"a\": 1\n}"))
                .isTrue();
        assertThat(Judge.allows(structure, "{\n" + " ".repeat(65) + "\"a\": 1\n}"))
                .isFalse();
        assertThat(Judge.allows(structure, "{  \"a\": 1}")).isFalse();
        assertThat(Judge.allows(structure, "{\n\n\"a\": 1}")).isFalse();
        assertThat(Judge.allows(structure, "{\r\n\"a\": 1}")).isFalse();
    }

    @Test
    void compactFormsHaveNoLines() {
        Map<String, @Nullable Object> schema = Judge.tree(
                "{\"properties\": {\"a\": {\"type\": \"array\"}, \"b\": {\"const\": [1, {\"c\": 2}]}}, \"type\":"
                        + " \"object\"}");
        for (Form form : List.of(new Form.JsonObject(true), new Form.JsonSchema(schema, false, true))) {
            Structure structure = Structure.of(form, TOKENS, StructureLimits.DEFAULT);
            for (String allowed :
                    List.of("{}", "{\"a\":[1,{}],\"b\":[1,{\"c\":2}]}", "{\"a\": [1, {}], \"b\": [1, {\"c\": 2}]}")) {
                assertThat(Judge.allows(structure, allowed)).as(allowed).isTrue();
            }
            for (String other : List.of(
                    "{ }",
                    "{\"a\" :[]}",
                    "{\"a\":  []}",
                    "{\"a\":[] }",
                    "{\n\"a\":[]}",
                    "{\"a\":[ 1]}",
                    "{\"b\":[1,\n{\"c\":2}]}")) {
                assertThat(Judge.allows(structure, other)).as(other).isFalse();
            }
        }
        Structures all = new Structures(TOKENS, StructureLimits.DEFAULT, 1 << 24);
        assertThat(all.structure(new Form.JsonObject(true))).isNotSameAs(all.structure(new Form.JsonObject(false)));
        assertThat(all.structure(new Form.JsonSchema(schema, false, true)))
                .isNotSameAs(all.structure(new Form.JsonSchema(schema, false)));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                schema("{'not': {}}", "no text at all is allowed"),
                schema("{'not': 1}", "a schema is an object, true or false (at /not)"),
                schema("{'if': {'tyqe': 1}}", "'tyqe' is not supported (at /if/tyqe)"),
                schema("{'properties': {'a/b': {'then': {}, 'if': 1}}}", "(at /properties/a~1b/if)"),
                schema("{'not': {'format': 'date'}}", "format is not supported where its opposite is asked for"),
                schema("{'not': {'format': 'date'}}", "(at /not/format)"),
                schema("{'if': {'additionalProperties': false}, 'then': false}", "(at /if/additionalProperties)"),
                schema(
                        "{'oneOf': [{'type': 'string'}, {'type': 'string', 'format': 'uuid'}]}",
                        "a oneOf of schemas that overlap (at /oneOf/1/format)"),
                schema("{'not': {'multipleOf': 3}, 'type': 'integer'}", "(at /not/multipleOf)"),
                schema("{'not': {'const': [1]}, 'type': 'array'}", "any array but one that is listed is not supported"),
                schema("{'not': {'const': {'a': 1}}}", "any object but one that is listed is not supported"),
                schema("{'not': {'pattern': '(a|b)*a(a|b){30}'}}", "too many states to say what"),
                schema("{'not': {'$ref': '#'}}", "leads back to itself"),
                schema("{'uniqueItems': true}", "where items are one of at most 10 listed values"),
                schema(
                        "{'uniqueItems': true, 'items': {'type': 'string'}}",
                        "or where maxItems is 1 (at /uniqueItems)"),
                schema(
                        "{'uniqueItems': true, 'items': {'enum': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}",
                        "at most 10 listed values"),
                schema("{'uniqueItems': 1}", "uniqueItems wants true or false"),
                schema(
                        "{'uniqueItems': true, 'prefixItems': [{}]}",
                        "uniqueItems beside prefixItems or contains is not supported"),
                schema("{'contains': {'type': 'null'}, 'prefixItems': [{}]}", "not beside prefixItems"),
                schema("{'contains': {}, 'minContains': 65}", "up to 64 (at /contains)"),
                schema("{'contains': {}, 'maxItems': 1025}", "minItems and maxItems up to 1024"),
                schema("{'contains': {}, 'unevaluatedItems': false}", "unevaluatedItems beside contains"),
                schema(
                        "{'contains': {}, 'minContains': 0, 'unevaluatedItems': false}",
                        "unevaluatedItems beside contains"),
                schema("{'patternProperties': []}", "patternProperties wants an object of schemas"),
                schema("{'patternProperties': {'(': {}}}", "(at /patternProperties/()"),
                schema("{'patternProperties': {'a': 1}}", "a schema is an object, true or false"),
                schema("{'propertyNames': {'format': 'color'}}", "is not supported; these are"),
                schema("{'dependentRequired': []}", "dependentRequired wants an object"),
                schema("{'dependentRequired': {'a': 'b'}}", "it wants a list of names (at /dependentRequired/a)"),
                schema("{'dependentSchemas': {'a': 1}}", "a schema is an object, true or false"),
                schema("{'dependencies': {}}", "use dependentRequired or dependentSchemas"),
                schema(
                        "{'unevaluatedItems': false, 'anyOf': [{'prefixItems': [{}]}, {}]}",
                        "unevaluatedItems beside anyOf is not supported"),
                schema("{'nullable': true}", "'nullable' is not supported: write a type"),
                schema("{'maxLenght': 3}", "'maxLenght' is not supported (at /maxLenght)"),
                schema("{'items': [{}]}", "use prefixItems"),
                schema("{'type': 'text'}", "there is no type 'text'"),
                schema("{'type': []}", "type wants a name"),
                schema("{'enum': []}", "enum wants a list that"),
                schema("{'anyOf': []}", "anyOf wants a list of schemas that"),
                schema("{'anyOf': [1]}", "a schema is an object, true or false (at /anyOf/0)"),
                schema("{'properties': []}", "properties wants an object"),
                schema("{'required': [1]}", "required wants a list of names"),
                schema("{'minLength': -1}", "minLength wants a whole number from 0"),
                schema("{'minLength': 1.5}", "minLength wants a whole number from 0"),
                schema("{'multipleOf': 0}", "multipleOf wants a number above 0"),
                schema("{'multipleOf': 1001}", "multipleOf is supported up to 1000, zeros at its end not counted"),
                schema("{'multipleOf': 1e-200}", "more than 40 digits"),
                schema("{'minimum': '1'}", "minimum wants a number"),
                schema("{'format': 'color'}", "the format 'color' is not supported; these are: date"),
                schema("{'pattern': '(?=a)'}", "look-around"),
                schema("{'pattern': '(a'}", "(at character 3) (at /pattern)"),
                schema("{'$ref': 'https://example.com/a'}", "leads out of the schema"),
                schema("{'$ref': '#/$defs/a'}", "leads to nothing (at /$ref)"),
                schema("{'$ref': '#a'}", "is no place"),
                schema("{'$ref': '#'}", "leads back to itself"),
                schema("{'$ref': '#/%zz'}", "a % that is no escape"),
                schema("{'$ref': 1}", "$ref wants a string"),
                schema("{'anyOf': [{'$ref': '#'}, {'type': 'null'}]}", "leads back to itself"),
                schema(
                        "{'anyOf': [{'properties': {'a': {}}}], 'unevaluatedProperties': false}",
                        "unevaluatedProperties beside anyOf"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}}, 'maxProperties': 1000000000}",
                        "it takes more than 500000 nodes"),
                schema("{'type': 'object', 'minProperties': 2}", "minProperties above 1"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'$ref': '#'}}, 'required': ['a']}",
                        "no text at all is allowed"),
                schema("{'type': 'string', 'enum': [1]}", "no text at all is allowed"),
                schema("{'type': 'integer', 'minimum': 3, 'maximum': 2}", "no text at all is allowed"),
                schema("{'allOf': [{'type': 'string'}, {'type': 'null'}]}", "no text at all is allowed"),
                schema("{'const': {'a': 'b'}, 'properties': {'a': {'type': 'integer'}}}", "no text at all is allowed"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isRefusedByNameAndPlace(String schema, List<String> message) {
        assertThatThrownBy(() -> Judge.structure(schema, TOKENS))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining(message.getFirst());
    }

    static Stream<Arguments> notStrict() {
        return Stream.of(
                schema("{'type': 'array'}", "a strict schema is an object"),
                schema("{'type': 'object', 'anyOf': [{}]}", "no anyOf around the whole"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'type': 'object'}}, 'required': ['a'],"
                                + " 'additionalProperties': false}",
                        "(at /properties/a)"),
                schema(
                        "{'type': 'object', 'properties': {'a': {}}, 'required': [], 'additionalProperties': false}",
                        "'a' is missing in 'required'"),
                schema(
                        "{'type': 'object', 'properties': {'a': {'anyOf': [{'type': ['object', 'null'], 'properties':"
                                + " {'b': {}}}]}}, 'required': ['a'], 'additionalProperties': false}",
                        "(at /properties/a/anyOf/0)"));
    }

    @ParameterizedTest
    @MethodSource("notStrict")
    void strictMeansClosedAndRequired(String schema, List<String> message) {
        Map<String, ?> tree = Judge.tree(schema);
        assertThatThrownBy(() -> Structure.of(new Form.JsonSchema(tree, true), TOKENS, StructureLimits.DEFAULT))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining(message.getFirst());
    }
}
