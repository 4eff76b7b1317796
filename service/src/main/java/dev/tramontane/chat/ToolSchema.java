package dev.tramontane.chat;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tool's parameters are a JSON Schema of draft 7, as its own metaschema asks: each keyword has a value of its
 * kind. Unknown keywords are free, and so are patterns, whose
 * dialects differ. Source: json-schema.org/draft-07/schema.
 */
final class ToolSchema {
    private static final int DEEPEST = 100;
    private static final Set<String> TYPES =
            Set.of("array", "boolean", "integer", "null", "number", "object", "string");

    private ToolSchema() {}

    /**
     * Checks a schema and those inside it.
     *
     * @param path of the schema for messages
     * @throws ChatLayoutException naming the keyword at fault
     */
    static void check(@Nullable Object schema, String path) {
        check(schema, path, 0);
    }

    private static void check(@Nullable Object schema, String path, int depth) {
        if (depth > DEEPEST) {
            throw new ChatLayoutException(MistralRules.TOOLS, path + " nests deeper than " + DEEPEST + " levels.");
        }
        if (schema instanceof Boolean) {
            return;
        }
        if (!(schema instanceof Map<?, ?> keywords)) {
            throw wrong(path, "a schema: an object, true or false");
        }
        keywords.forEach((keyword, value) -> checkKeyword(String.valueOf(keyword), value, path, depth));
    }

    private static void checkKeyword(String keyword, @Nullable Object value, String parent, int depth) {
        String path = parent + "." + keyword;
        switch (keyword) {
            case "$id",
                    "$schema",
                    "$ref",
                    "$comment",
                    "title",
                    "description",
                    "pattern",
                    "format",
                    "contentMediaType",
                    "contentEncoding" -> require(value instanceof String, path, "a string");
            case "readOnly", "uniqueItems" -> require(value instanceof Boolean, path, "true or false");
            case "multipleOf" ->
                require(value instanceof Number number && number.doubleValue() > 0, path, "a number above 0");
            case "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum" ->
                require(value instanceof Number, path, "a number");
            case "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties" ->
                require(isCount(value), path, "a whole number of at least 0");
            case "enum", "examples" -> require(value instanceof List<?>, path, "an array");
            case "required" -> strings(value, path);
            case "type" -> type(value, path);
            case "additionalItems", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not" ->
                check(value, path, depth + 1);
            case "items" -> {
                if (value instanceof List<?> list) {
                    schemas(list, path, depth);
                } else {
                    check(value, path, depth + 1);
                }
            }
            case "allOf", "anyOf", "oneOf" -> {
                if (!(value instanceof List<?> list)) {
                    throw wrong(path, "an array of schemas");
                }
                schemas(list, path, depth);
            }
            case "properties", "patternProperties", "definitions" ->
                object(value, path).forEach((name, each) -> check(each, path + "." + name, depth + 1));
            case "dependencies" ->
                object(value, path).forEach((name, each) -> {
                    if (each instanceof List<?>) {
                        strings(each, path + "." + name);
                    } else {
                        check(each, path + "." + name, depth + 1);
                    }
                });
            default -> {} // default, const, and whatever else says what it says.
        }
    }

    private static void schemas(List<?> list, String path, int depth) {
        require(!list.isEmpty(), path, "an array of at least one schema");
        for (int i = 0; i < list.size(); i++) {
            check(list.get(i), path + "[" + i + "]", depth + 1);
        }
    }

    private static void type(@Nullable Object value, String path) {
        String rule = "one of array, boolean, integer, null, number, object, string, or an array of some";
        if (value instanceof List<?> list) {
            require(!list.isEmpty() && list.stream().allMatch(TYPES::contains), path, rule);
            strings(value, path);
        } else {
            require(value instanceof String text && TYPES.contains(text), path, rule);
        }
    }

    private static void strings(@Nullable Object value, String path) {
        String rule = "an array of different strings";
        if (!(value instanceof List<?> list)) {
            throw wrong(path, rule);
        }
        Set<Object> seen = new HashSet<>();
        for (Object each : list) {
            require(each instanceof String && seen.add(each), path, rule);
        }
    }

    private static Map<?, ?> object(@Nullable Object value, String path) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw wrong(path, "an object");
    }

    private static boolean isCount(@Nullable Object value) {
        return (value instanceof Long whole && whole >= 0)
                || (value instanceof BigInteger large && large.signum() >= 0)
                || (value instanceof Double real && real >= 0 && real == Math.rint(real));
    }

    private static void require(boolean met, String path, String rule) {
        if (!met) {
            throw wrong(path, rule);
        }
    }

    private static ChatLayoutException wrong(String path, String rule) {
        String shown = path.length() <= 200 ? path : path.substring(0, 200) + "…";
        return new ChatLayoutException(MistralRules.TOOLS, shown + " must be " + rule + ".");
    }
}
