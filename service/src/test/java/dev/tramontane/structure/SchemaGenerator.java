package dev.tramontane.structure;

import dev.tramontane.json.JsonTree;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.json.JsonFactory;

/** Random schemas, and for each documents that are valid more often than not, with members in the order that is allowed. */
public final class SchemaGenerator {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final List<String> NAMES = List.of("a", "b", "ab", "c d", "\u00e9", "q\"", "x\\y");
    private static final List<String> TEXTS =
            List.of("", "a", "ab", "b", "abc", "\u00e9\ud83d\ude00", "a\"b", "\n", "bbb", "long text with spaces");

    /** Of each format one text that has it. Not of email: the judge wants a domain's end to be one of those that existed when it was made. */
    private static final Map<String, String> FORMATTED = new TreeMap<>(Map.of(
            "date", "2024-02-29",
            "time", "23:59:59Z",
            "uuid", "123e4567-e89b-12d3-a456-426614174000",
            "ipv4", "192.168.0.1",
            "ipv6", "2001:db8::ff00:42:8329",
            "date-time", "2026-11-29T05:39:00Z",
            "duration", "P1Y2M3DT4H5M6S",
            "uri", "https://example.org/a?b=c#d",
            "hostname", "www.example.org"));

    /** A schema that refers to itself. */
    private static final Map<String, Object> TREE = Map.of(
            "type",
            "object",
            "properties",
            new TreeMap<>(Map.of(
                    "all", Map.of("type", "array", "items", Map.of("$ref", "#/$defs/tree"), "maxItems", 2L),
                    "next", Map.of("anyOf", List.of(Map.of("type", "null"), Map.of("$ref", "#/$defs/tree"))),
                    "value", Map.of("type", "integer", "minimum", 0L))),
            "required",
            List.of("value"),
            "additionalProperties",
            false);

    private final Random random;

    /** Draws everything from one source. */
    public SchemaGenerator(Random random) {
        this.random = random;
    }

    /** A whole schema, with what its parts may refer to. */
    public Map<String, @Nullable Object> root(int depth) {
        Map<String, @Nullable Object> schema = schema(depth);
        schema.put("$defs", Map.of("tree", TREE));
        return schema;
    }

    /** The same of an object, as a call's arguments are. */
    public Map<String, @Nullable Object> arguments(int depth) {
        Map<String, @Nullable Object> schema = object(new LinkedHashMap<>(), depth);
        schema.put("$defs", Map.of("tree", TREE));
        return schema;
    }

    private Map<String, @Nullable Object> schema(int depth) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        switch (random.nextInt(depth == 0 ? 9 : 18)) {
            case 0 -> {
                schema.put("type", random.nextBoolean() ? "integer" : "number");
                bounds(schema);
            }
            case 1 -> {
                schema.put("type", "string");
                lengths(schema);
            }
            case 2 -> schema.put("enum", Arrays.asList(any(0), any(1), any(0)));
            case 3 -> schema.put("type", List.of("null", "boolean", "string"));
            case 4 -> {
                schema.put("type", "string");
                schema.put(
                        "pattern",
                        List.of("^a", "b$", "^[a-c]*$", "b{2,}", "^(a|\u00e9|\"|\n)+$")
                                .get(random.nextInt(5)));
                if (random.nextBoolean()) {
                    lengths(schema);
                }
            }
            case 5 -> schema.put("const", any(1));
            case 6 -> {
                schema.put("type", "string");
                schema.put("format", List.copyOf(FORMATTED.keySet()).get(random.nextInt(FORMATTED.size())));
            }
            case 7 -> schema.put("$ref", "#/$defs/tree");
            case 8 -> {
                schema.put("enum", Arrays.asList(any(0), any(1), number(), "ab", "a"));
                schema.put("type", List.of("string", "integer", "object"));
                lengths(schema);
            }
            case 9, 10 -> object(schema, depth);
            case 11, 12 -> array(schema, depth);
            case 13 -> schema.put("oneOf", disjoint(depth));
            case 14 -> { // Each condition holds of its own kind of value, and of no other.
                schema.put("type", List.of("integer", "string", "array", "null"));
                bounds(schema);
                lengths(schema);
                array(schema, depth);
                schema.put("type", List.of("integer", "string", "array", "null"));
            }
            case 15 -> {
                schema.put("$ref", "#/$defs/tree");
                schema.put("maxProperties", 1L + random.nextInt(2));
            }
            case 16 -> schema.put("anyOf", List.of(schema(depth - 1), schema(depth - 1)));
            default -> {
                schema.put(
                        "allOf",
                        List.of(object(new LinkedHashMap<>(), depth - 1), object(new LinkedHashMap<>(), depth - 1)));
                schema.put("type", "object");
                if (random.nextBoolean()) {
                    schema.put("unevaluatedProperties", false);
                }
            }
        }
        return schema;
    }

    private void bounds(Map<String, @Nullable Object> schema) {
        if (random.nextBoolean()) {
            schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", number());
        }
        if (random.nextBoolean()) {
            schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", number());
        }
        if (random.nextInt(4) == 0) {
            schema.put("multipleOf", List.of(1L, 3L, 10L, 60L, 200L, 0.5, 0.01).get(random.nextInt(7)));
        }
    }

    private void lengths(Map<String, @Nullable Object> schema) {
        if (random.nextBoolean()) {
            schema.put("minLength", (long) random.nextInt(3));
        }
        if (random.nextBoolean()) {
            schema.put("maxLength", (long) random.nextInt(30));
        }
    }

    private Map<String, @Nullable Object> object(Map<String, @Nullable Object> schema, int depth) {
        schema.put("type", "object");
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (int count = random.nextInt(4); count > 0; count--) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            properties.put(name, schema(Math.max(0, depth - 1)));
            if (random.nextBoolean() && !required.contains(name)) {
                required.add(name);
            }
        }
        schema.put("properties", properties);
        schema.put("required", required);
        switch (random.nextInt(4)) {
            case 0 -> schema.put("additionalProperties", false);
            case 1 -> schema.put("additionalProperties", schema(0));
            default -> {}
        }
        if (random.nextInt(5) == 0) {
            schema.put("maxProperties", (long) random.nextInt(4));
        }
        if (random.nextInt(5) == 0) {
            schema.put("minProperties", (long) random.nextInt(2));
        }
        if (random.nextInt(6) == 0) {
            schema.put(
                    "dependentRequired", Map.of(NAMES.get(random.nextInt(3)), List.of(NAMES.get(random.nextInt(4)))));
        }
        if (random.nextInt(8) == 0) {
            schema.put(
                    "dependentSchemas",
                    Map.of(NAMES.get(random.nextInt(3)), Map.of("maxProperties", 1L + random.nextInt(3))));
        }
        return schema;
    }

    /** Two of different kinds, or two objects that a tag tells apart. */
    private List<Object> disjoint(int depth) {
        if (random.nextBoolean()) {
            Map<String, @Nullable Object> numbers = new LinkedHashMap<>(Map.of("type", "number"));
            bounds(numbers);
            Map<String, @Nullable Object> texts = new LinkedHashMap<>(Map.of("type", "string"));
            lengths(texts);
            return List.of(numbers, texts, object(new LinkedHashMap<>(), depth - 1));
        }
        return List.of(tagged("one"), tagged("two"));
    }

    private Map<String, @Nullable Object> tagged(String tag) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        properties.put("tag", Map.of("const", tag));
        properties.put("b", schema(0));
        return new LinkedHashMap<>(Map.of("type", "object", "properties", properties, "required", List.of("tag")));
    }

    private void array(Map<String, @Nullable Object> schema, int depth) {
        schema.put("type", "array");
        if (random.nextBoolean()) {
            schema.put("items", schema(depth - 1));
        }
        if (random.nextInt(3) == 0) {
            schema.put("prefixItems", List.of(schema(depth - 1), schema(0)));
        }
        if (random.nextInt(4) == 0) {
            schema.put("unevaluatedItems", random.nextBoolean() ? false : schema(0));
        }
        if (random.nextBoolean()) {
            schema.put("minItems", (long) random.nextInt(3));
        }
        if (random.nextBoolean()) {
            schema.put("maxItems", (long) random.nextInt(5));
        }
    }

    private Number number() {
        return switch (random.nextInt(4)) {
            case 0 -> (long) random.nextInt(2000) - 1000;
            case 1 -> random.nextInt(100) / 10.0 - 5;
            case 2 -> 0L;
            default -> random.nextInt(20_000) / 1000.0;
        };
    }

    /** Some value, whatever any schema says. */
    @Nullable
    Object any(int depth) {
        return switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> number();
            case 3, 4 -> TEXTS.get(random.nextInt(TEXTS.size()));
            case 5 -> List.of(any(0) == null ? "n" : true, number());
            default -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                map.put("k", any(depth - 1));
                yield map;
            }
        };
    }

    /** A value that tries to be valid, with the members in the order in which the schema has them. */
    @Nullable
    public Object value(Object of) {
        Map<?, ?> schema = (Map<?, ?>) of;
        if (random.nextInt(12) == 0) {
            return any(2);
        }
        if (schema.containsKey("enum")) {
            List<?> values = (List<?>) schema.get("enum");
            return values.get(random.nextInt(values.size()));
        }
        if (schema.containsKey("const")) {
            return schema.get("const");
        }
        if (schema.containsKey("$ref")) {
            return random.nextBoolean() ? Map.of("value", (long) random.nextInt(9)) : value(TREE);
        }
        if (schema.containsKey("format")) {
            return random.nextInt(6) == 0 ? TEXTS.getFirst() : FORMATTED.get(schema.get("format"));
        }
        if (schema.get("anyOf") instanceof List<?> ways) {
            return value(ways.get(random.nextInt(ways.size())));
        }
        if (schema.get("oneOf") instanceof List<?> ways) {
            return value(ways.get(random.nextInt(ways.size())));
        }
        if (schema.get("type") instanceof List<?> types) {
            Map<Object, @Nullable Object> one = new LinkedHashMap<>(schema);
            one.put("type", types.get(random.nextInt(types.size())));
            return value(one);
        }
        if (schema.get("allOf") instanceof List<?> parts) {
            Map<Object, @Nullable Object> all = new LinkedHashMap<>();
            Map<Object, @Nullable Object> ordered = new LinkedHashMap<>();
            for (Object part : parts) {
                if (value(part) instanceof Map<?, ?> some) {
                    some.forEach(all::putIfAbsent);
                }
            }
            for (Object part : parts) {
                if (part instanceof Map<?, ?> each && each.get("properties") instanceof Map<?, ?> properties) {
                    properties.keySet().stream()
                            .filter(all::containsKey)
                            .forEach(name -> ordered.putIfAbsent(name, all.get(name)));
                }
            }
            all.forEach(ordered::putIfAbsent);
            return ordered;
        }
        return switch (String.valueOf(schema.get("type"))) {
            case "integer" -> (long) random.nextInt(random.nextBoolean() ? 30 : 2000) - 5;
            case "number" -> number();
            case "string" -> TEXTS.get(random.nextInt(TEXTS.size()));
            case "array" -> {
                List<@Nullable Object> elements = new ArrayList<>();
                List<?> first = schema.get("prefixItems") instanceof List<?> list ? list : List.of();
                for (int at = 0, count = random.nextInt(4); at < count; at++) {
                    Object element = at < first.size() ? first.get(at) : schema.get("items");
                    elements.add(element == null ? any(1) : value(element));
                }
                yield elements;
            }
            case "object" -> {
                Map<Object, @Nullable Object> members = new LinkedHashMap<>();
                List<?> required = member(schema, "required", List.class);
                Map<?, ?> named = member(schema, "properties", Map.class);
                named.forEach((name, each) -> {
                    if (required.contains(name) || random.nextBoolean()) {
                        members.put(name, value(each));
                    }
                });
                if (random.nextBoolean() && !Boolean.FALSE.equals(schema.get("additionalProperties"))) {
                    Object others = schema.get("additionalProperties");
                    members.put("other" + random.nextInt(3), others == null ? any(1) : value(others));
                }
                yield members;
            }
            default -> any(0);
        };
    }

    /** A value as text, with space between its tokens of one of the kinds that are allowed. */
    public String print(@Nullable Object value) {
        String space = List.of("", " ", "\n  ", "\n").get(random.nextInt(4));
        return print(value, space);
    }

    private static String print(@Nullable Object value, String space) {
        if (value instanceof Map<?, ?> map) {
            List<String> members = new ArrayList<>();
            map.forEach(
                    (name, each) -> members.add(json(name) + ":" + (space.isEmpty() ? "" : " ") + print(each, space)));
            return members.isEmpty() ? "{}" : "{" + space + String.join("," + space, members) + space + "}";
        }
        if (value instanceof List<?> list) {
            List<String> elements =
                    list.stream().map(each -> print(each, space)).toList();
            return elements.isEmpty() ? "[]" : "[" + space + String.join("," + space, elements) + space + "]";
        }
        return value instanceof Number number ? JsonValues.decimal(number).toPlainString() : json(value);
    }

    public static String json(@Nullable Object tree) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(tools.jackson.core.ObjectWriteContext.empty(), text)) {
            JsonTree.write(json, tree);
        }
        return text.toString();
    }

    private static <T> T member(@Nullable Object of, String name, Class<T> type) {
        return type.cast(Objects.requireNonNull(((Map<?, ?>) Objects.requireNonNull(of)).get(name)));
    }
}
