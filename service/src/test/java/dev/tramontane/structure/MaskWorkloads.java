package dev.tramontane.structure;

import dev.tramontane.json.JsonReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The 13 kinds of schemas that masks are measured with, each with documents that are valid, compact and indented by turns. */
final class MaskWorkloads {
    /** @param documents as text */
    record Workload(String name, Map<String, @Nullable Object> schema, List<String> documents) {}

    private static final String LONG_TEXT =
            "The first thing they noticed was the smell: salt, tar and something sweet that nobody could name. \\n\\\"Look,\\\" she said, \\\"over"
                    + " there!\\\" \u2014 and there it was, half hidden behind the caf\u00e9.";

    private MaskWorkloads() {}

    static List<Workload> all() {
        return List.of(
                flat(),
                nested(),
                listed(),
                recursive(),
                patterns(),
                formats(),
                bounds(),
                alternatives(),
                manyMembers("80 required", true),
                manyMembers("80 optional", false),
                unicode(),
                lengths(),
                free());
    }

    private static Workload flat() {
        return of("flat", """
                {"type": "object", "additionalProperties": false, "required": ["name", "age", "city", "active", "score", "note"], "properties": {
                  "name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}, "active": {"type": "boolean"},
                  "score": {"type": "number"}, "note": {"type": ["string", "null"]}}}""", """
                {"name": "Ada Lovelace", "age": 36, "city": "London", "active": true, "score": 98.25, "note": null}""", """
                {"name": "Jos\u00e9 Garc\u00eda", "age": 7, "city": "M\u00e1laga", "active": false, "score": -0.5e-3, "note": "%s"}""".formatted(LONG_TEXT), """
                {"name": "\u5c71\u7530\u592a\u90ce", "age": 101, "city": "\u6771\u4eac", "active": true, "score": 12, "note": "ok"}""");
    }

    private static Workload nested() {
        Random random = new Random(2);
        List<Object> rows = new ArrayList<>();
        for (int row = 0; row < 8; row++) {
            rows.add(random.ints(5, -2000, 2000)
                    .mapToObj(value -> (Object) (long) value)
                    .toList());
        }
        String rest = "\"cells\": [[[\"a\", \"b c\"], [\"two words here\"]], [[\"x\"]]]}";
        String matrix = SchemaGenerator.json(rows);
        return of(
                "nested arrays",
                """
                {"type": "object", "additionalProperties": false, "required": ["matrix", "cells"], "properties": {
                  "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
                  "cells": {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}}}}""",
                "{\"matrix\": " + matrix + "," + rest,
                "{\"matrix\": [[1, 2], [3]]," + rest,
                "{\"matrix\": [], \"cells\": [[], [[]]]}");
    }

    private static Workload listed() {
        List<String> words = IntStream.range(0, 500)
                .mapToObj(at -> word(at) + "-" + at * 7919 % 10_007)
                .toList();
        String schema = """
                {"type": "object", "additionalProperties": false, "required": ["kind", "others"], "properties": {
                  "kind": {"enum": %1$s}, "others": {"type": "array", "items": {"enum": %1$s}}}}""".formatted(SchemaGenerator.json(words));
        String document = "{\"kind\": \"%s\", \"others\": %s}";
        return of(
                "500 listed values",
                schema,
                document.formatted(words.get(7), SchemaGenerator.json(words.subList(10, 18))),
                document.formatted(words.get(321), SchemaGenerator.json(words.subList(490, 500))),
                document.formatted(words.get(499), "[]"));
    }

    /** Of syllables, so that values share beginnings. */
    private static String word(int at) {
        String[] syllables = {"ka", "lo", "mi", "ren", "sta", "tu", "vor", "zen"};
        return syllables[at % 8] + syllables[at / 8 % 8] + syllables[at / 64 % 8];
    }

    private static Workload recursive() {
        String leaf = "{\"value\": \"leaf %d\", \"children\": []}";
        return of(
                "recursive tree",
                """
                {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "additionalProperties": false, "required": ["value", "children"],
                  "properties": {"value": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}""",
                "{\"value\": \"root\", \"children\": [%s, %s]}".formatted(leaf.formatted(1), leaf.formatted(2)),
                nest(leaf.formatted(3), 6),
                nest(leaf.formatted(4), 14));
    }

    private static String nest(String innermost, int depth) {
        return depth == 0
                ? innermost
                : "{\"value\": \"at " + depth + "\", \"children\": [" + nest(innermost, depth - 1) + "]}";
    }

    private static Workload patterns() {
        return of("patterns", """
                {"type": "object", "additionalProperties": false, "required": ["sku", "phone", "version", "slug", "colour"], "properties": {
                  "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4,8}$"}, "phone": {"type": "string", "pattern": "^\\\\+?[0-9]{1,3}( [0-9]{2,4}){2,4}$"},
                  "version": {"type": "string", "pattern": "^(0|[1-9][0-9]*)\\\\.(0|[1-9][0-9]*)\\\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$"},
                  "slug": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}, "colour": {"type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$"}}}""", """
                {"sku": "ABC-123456", "phone": "+49 30 1234 567", "version": "1.20.3-beta.2", "slug": "how-a-token-is-made", "colour": "#1e90ff"}""", """
                {"sku": "XYZ-0007", "phone": "1 555 0100", "version": "0.0.1", "slug": "a", "colour": "#fff"}""", """
                {"sku": "QQQ-99999999", "phone": "+351 21 000 0000 12", "version": "10.0.0-rc-1", "slug": "structured-output-2026", "colour": "#ABCDEF"}""");
    }

    private static Workload formats() {
        return of("formats", """
                {"type": "object", "additionalProperties": false, "required": ["id", "made", "day", "mail", "host", "address"], "properties": {
                  "id": {"type": "string", "format": "uuid"}, "made": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
                  "mail": {"type": "string", "format": "email"}, "host": {"type": "string", "format": "hostname"}, "address": {"type": "string", "format": "ipv4"}}}""", """
                {"id": "123e4567-e89b-12d3-a456-426614174000", "made": "2026-11-29T05:39:00Z", "day": "2026-11-29", "mail": "someone.else@mail.example.org",
                 "host": "www.example.com", "address": "192.168.0.1"}""", """
                {"id": "00000000-0000-4000-8000-0000000000ff", "made": "1999-12-31T23:59:59.123+02:00", "day": "2024-02-29", "mail": "a@b.example",
                 "host": "localhost", "address": "8.8.8.8"}""", """
                {"id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "made": "2030-06-15T12:00:00-05:30", "day": "2030-06-15", "mail": "first.last@department.example.com",
                 "host": "api.internal.example.org", "address": "255.255.255.0"}""");
    }

    private static Workload bounds() {
        return of("bounds", """
                {"type": "object", "additionalProperties": false, "required": ["percent", "year", "latitude", "longitude", "price", "counts"], "properties": {
                  "percent": {"type": "integer", "minimum": 0, "maximum": 100}, "year": {"type": "integer", "minimum": 1850, "maximum": 2149},
                  "latitude": {"type": "number", "minimum": -90, "maximum": 90}, "longitude": {"type": "number", "minimum": -180, "maximum": 180},
                  "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 99999.99},
                  "counts": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}, "minItems": 1, "maxItems": 12}}}""", """
                {"percent": 73, "year": 1984, "latitude": 48.8566, "longitude": 2.3522, "price": 19.99, "counts": [1, 80, 443, 8080, 65535]}""", """
                {"percent": 0, "year": 2149, "latitude": -33.865143, "longitude": 151.2099, "price": 0.5, "counts": [22]}""", """
                {"percent": 100, "year": 1850, "latitude": 90, "longitude": -179.999, "price": 99999.99, "counts": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}""");
    }

    private static Workload alternatives() {
        return of("anyOf of objects", """
                {"type": "object", "additionalProperties": false, "required": ["steps"], "properties": {"steps": {"type": "array", "items": {"anyOf": [
                  {"type": "object", "additionalProperties": false, "required": ["kind", "text"], "properties": {"kind": {"const": "say"}, "text": {"type": "string"}}},
                  {"type": "object", "additionalProperties": false, "required": ["kind", "url", "retries"],
                    "properties": {"kind": {"const": "fetch"}, "url": {"type": "string"}, "retries": {"type": "integer"}}},
                  {"type": "object", "additionalProperties": false, "required": ["kind", "seconds"], "properties": {"kind": {"const": "sleep"}, "seconds": {"type": "number"}}},
                  {"type": "object", "additionalProperties": false, "required": ["name", "value"], "properties": {"name": {"type": "string"}, "value": {"type": "string"}}},
                  {"type": "object", "additionalProperties": false, "required": ["name", "value"], "properties": {"name": {"type": "string"}, "value": {"type": "integer"}}}]}}}}""", """
                {"steps": [{"kind": "say", "text": "hello there"}, {"kind": "fetch", "url": "https://example.com/a?b=c", "retries": 3},
                 {"kind": "sleep", "seconds": 0.25}, {"name": "colour", "value": "blue"}, {"name": "count", "value": 12}]}""", """
                {"steps": [{"name": "\\u00e9t\\u00e9", "value": "%s"}, {"kind": "say", "text": ""}]}""".formatted(LONG_TEXT), """
                {"steps": []}""");
    }

    private static Workload manyMembers(String name, boolean required) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        List<Object> names = new ArrayList<>();
        List<Map<String, @Nullable Object>> documents =
                List.of(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        for (int at = 0; at < 80; at++) {
            String member = word(7 * at) + "_" + at;
            properties.put(member, Map.of("type", at % 3 == 0 ? "string" : at % 3 == 1 ? "integer" : "boolean"));
            names.add(member);
            for (int document = 0; document < 3; document++) {
                Object value = at % 3 == 0 ? "value " + at : at % 3 == 1 ? (Object) (37L * at) : (Object) (at % 2 == 0);
                if (required || at % (2 + 3 * document) == 1) {
                    documents.get(document).put(member, value);
                }
            }
        }
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", properties);
        if (required) {
            schema.put("required", names);
        }
        return new Workload(name, schema, printed(List.copyOf(required ? documents.subList(0, 2) : documents)));
    }

    private static Workload unicode() {
        return of("unicode", """
                {"type": "object", "additionalProperties": false, "required": ["\u540d\u524d", "gr\u00f6\u00dfe", "\u0446\u0432\u0435\u0442", "emoji"], "properties": {
                  "\u540d\u524d": {"type": "string"}, "gr\u00f6\u00dfe": {"enum": ["gro\u00df", "klein", "\u00fcbergro\u00df"]},
                  "\u0446\u0432\u0435\u0442": {"enum": ["\u043a\u0440\u0430\u0441\u043d\u044b\u0439", "\u0441\u0438\u043d\u0438\u0439", "\u0437\u0435\u043b\u0451\u043d\u044b\u0439"]},
                  "emoji": {"type": "string", "maxLength": 40}}}""", """
                {"\u540d\u524d": "\u6625\u306f\u3042\u3051\u307c\u306e\u3002\u3084\u3046\u3084\u3046\u767d\u304f\u306a\u308a\u3086\u304f\u5c71\u304e\u306f", "gr\u00f6\u00dfe": "\u00fcbergro\u00df",
                 "\u0446\u0432\u0435\u0442": "\u0437\u0435\u043b\u0451\u043d\u044b\u0439", "emoji": "\ud83d\ude00\ud83d\udc69\u200d\ud83d\ude80 \ud83c\uddeb\ud83c\uddf7"}""", """
                {"\u540d\u524d": "\u0391\u03b2\u03b3 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \ud55c\uad6d\uc5b4", "gr\u00f6\u00dfe": "klein", "\u0446\u0432\u0435\u0442": "\u0441\u0438\u043d\u0438\u0439", "emoji": "\ud83e\udd84"}""", """
                {"\u540d\u524d": "\\u00e9\\ud83d\\ude00 na\u00efve", "gr\u00f6\u00dfe": "gro\u00df", "\u0446\u0432\u0435\u0442": "\u043a\u0440\u0430\u0441\u043d\u044b\u0439", "emoji": ""}""");
    }

    private static Workload lengths() {
        return of("lengths", """
                {"type": "object", "additionalProperties": false, "required": ["title", "code", "summary", "tags"], "properties": {
                  "title": {"type": "string", "minLength": 3, "maxLength": 60}, "code": {"type": "string", "minLength": 8, "maxLength": 8},
                  "summary": {"type": "string", "minLength": 20, "maxLength": 2000},
                  "tags": {"type": "array", "minItems": 2, "maxItems": 6, "items": {"type": "string", "minLength": 1, "maxLength": 20}}}}""", """
                {"title": "On masks over bytes", "code": "A1b2C3d4", "summary": "%s", "tags": ["masks", "bytes", "trees"]}""".formatted(LONG_TEXT), """
                {"title": "\u00c9t\u00e9", "code": "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", "summary": "%1$s %1$s", "tags": ["one", "of twenty letters ab"]}""".formatted(LONG_TEXT), """
                {"title": "A title that takes all of the sixty characters that it may h", "code": "12345678", "summary": "Just long enough, is it?", "tags": ["1", "2", "3", "4", "5", "6"]}""");
    }

    private static Workload free() {
        return of("any object", "{\"type\": \"object\"}", """
                {"a": 1, "b": [true, false, null, -1.5e10], "c": {"d": {"e": "deep"}}, "text": "%s"}""".formatted(LONG_TEXT), """
                {"users": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob", "tags": ["x", "y"]}], "next": null, "total": 2}""", """
                {"": "", "\\u0041\\n": "\\ttab", "\u65e5\u672c": {"\u8a9e": []}}""");
    }

    private static Workload of(String name, String schema, String... documents) {
        List<Map<String, @Nullable Object>> trees = new ArrayList<>();
        for (String document : documents) {
            trees.add(JsonReader.object(document, "document"));
        }
        return new Workload(name, JsonReader.object(schema, "schema"), printed(trees));
    }

    /** Each first compact and then indented, so that what the two share is known when the second comes. */
    private static List<String> printed(List<Map<String, @Nullable Object>> documents) {
        List<String> texts = new ArrayList<>();
        for (int at = 0; at < documents.size(); at++) {
            texts.add(at % 2 == 0 ? SchemaGenerator.json(documents.get(at)) : indented(documents.get(at), "\n"));
            if (at == documents.size() - 1) {
                texts.add(at % 2 == 0 ? indented(documents.get(0), "\n") : SchemaGenerator.json(documents.get(0)));
            }
        }
        return texts;
    }

    private static String indented(@Nullable Object value, String line) {
        String inner = line + "  ";
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            List<String> members = new ArrayList<>();
            map.forEach((name, each) -> members.add(SchemaGenerator.json(name) + ": " + indented(each, inner)));
            return "{" + inner + String.join("," + inner, members) + line + "}";
        }
        if (value instanceof List<?> list && !list.isEmpty()) {
            List<String> elements = new ArrayList<>();
            list.forEach(each -> elements.add(indented(each, inner)));
            return "[" + inner + String.join("," + inner, elements) + line + "]";
        }
        return SchemaGenerator.json(value);
    }
}
