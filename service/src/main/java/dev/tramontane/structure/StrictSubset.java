package dev.tramontane.structure;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What OpenAI's strict mode demands of a schema, as documented in early 2026: the whole an object and no {@code anyOf}, every object closed, every property required,
 * and its limits of size. What is allowed within, {@link SchemaReader} says: it is more than strict mode has.
 */
final class StrictSubset {
    private static final int MOST_PROPERTIES = 5000;
    private static final int MOST_DEPTH = 10;
    private static final int MOST_CHARACTERS = 120_000;
    private static final int MOST_VALUES = 1000;
    private static final int LARGE_ENUM = 250;
    private static final int MOST_LARGE_ENUM_CHARACTERS = 15_000;

    private int properties;
    private int characters;
    private int values;

    private StrictSubset() {}

    static void check(Object schema) {
        if (!(schema instanceof Map<?, ?> root) || !"object".equals(root.get("type")) || root.containsKey("anyOf")) {
            throw new StructureException(
                    "", "a strict schema is an object: \"type\": \"object\" and no anyOf around the whole");
        }
        new StrictSubset().schema("", root, 0);
    }

    private void schema(String pointer, @Nullable Object schema, int depth) {
        if (!(schema instanceof Map<?, ?> map)) {
            throw new StructureException(pointer, "a schema is an object; strict schemas have no true and false");
        }
        Object type = map.get("type");
        boolean object = "object".equals(type)
                || (type instanceof List<?> types && types.contains("object"))
                || map.containsKey("properties");
        if (object) {
            object(pointer, map);
        }
        if (depth > MOST_DEPTH) {
            throw new StructureException(pointer, "a strict schema nests objects at most " + MOST_DEPTH + " deep");
        }
        count(pointer, map);
        int inner = object ? depth + 1 : depth;
        for (String keyword : List.of("properties", "$defs", "definitions")) {
            if (map.get(keyword) instanceof Map<?, ?> schemas) {
                schemas.forEach((name, each) -> schema(
                        JsonPointer.join(pointer + "/" + keyword, (String) name),
                        each,
                        keyword.equals("properties") ? inner : 0));
            }
        }
        for (String keyword : List.of("anyOf", "oneOf", "allOf", "prefixItems")) {
            if (map.get(keyword) instanceof List<?> list) {
                for (int at = 0; at < list.size(); at++) {
                    schema(pointer + "/" + keyword + "/" + at, list.get(at), inner);
                }
            }
        }
        if (map.containsKey("items")) {
            schema(pointer + "/items", map.get("items"), inner);
        }
    }

    private static void object(String pointer, Map<?, ?> map) {
        if (!Boolean.FALSE.equals(map.get("additionalProperties"))) {
            throw new StructureException(
                    pointer, "a strict schema says \"additionalProperties\": false of every object");
        }
        Collection<?> names = map.get("properties") instanceof Map<?, ?> properties ? properties.keySet() : Set.of();
        Collection<?> required = map.get("required") instanceof List<?> list ? new HashSet<>(list) : Set.of();
        for (Object name : names) {
            if (!required.contains(name)) {
                throw new StructureException(
                        pointer,
                        "a strict schema requires every property, and " + Quoted.of(String.valueOf(name))
                                + " is missing in \"required\": let it be null instead");
            }
        }
    }

    private void count(String pointer, Map<?, ?> map) {
        if (map.get("properties") instanceof Map<?, ?> named) {
            properties += named.size();
            named.keySet().forEach(name -> characters += String.valueOf(name).length());
        }
        for (String keyword : List.of("$defs", "definitions")) {
            if (map.get(keyword) instanceof Map<?, ?> named) {
                named.keySet()
                        .forEach(name -> characters += String.valueOf(name).length());
            }
        }
        if (map.get("const") instanceof String text) {
            characters += text.length();
        }
        if (map.get("enum") instanceof List<?> list) {
            int size = list.stream()
                    .mapToInt(each -> each instanceof String text ? text.length() : 0)
                    .sum();
            values += list.size();
            characters += size;
            if (list.size() > LARGE_ENUM && size > MOST_LARGE_ENUM_CHARACTERS) {
                throw new StructureException(
                        pointer + "/enum",
                        "a strict schema's enum of more than " + LARGE_ENUM + " values has at most "
                                + MOST_LARGE_ENUM_CHARACTERS + " characters");
            }
        }
        limit(pointer, properties, MOST_PROPERTIES, "properties");
        limit(pointer, characters, MOST_CHARACTERS, "characters of names and values");
        limit(pointer, values, MOST_VALUES, "enum values");
    }

    private static void limit(String pointer, int count, int most, String what) {
        if (count > most) {
            throw new StructureException(pointer, "a strict schema has at most " + most + " " + what);
        }
    }
}
