package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The keywords of one schema object: which are known, how much they say, and the lists of schemas among them. */
final class SchemaKeywords {
    private static final Set<String> REMARKS = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "example",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$comment",
            "$schema",
            "$defs",
            "definitions",
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
            "discriminator");

    private static final Set<String> APPLIED = Set.of(
            "$ref",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "if",
            "then",
            "else",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedItems",
            "unevaluatedProperties");

    private SchemaKeywords() {}

    /** The schemas of a keyword that has a list of them; none where it isn't there. */
    static List<Shape.Part> list(String pointer, Map<?, ?> schema, String keyword) {
        if (!schema.containsKey(keyword)) {
            return List.of();
        }
        String place = pointer + "/" + keyword;
        if (!(schema.get(keyword) instanceof List<?> list) || list.isEmpty()) {
            throw new StructureException(place, keyword + " wants a list of schemas that isn't empty");
        }
        List<Shape.Part> parts = new ArrayList<>();
        for (int at = 0; at < list.size(); at++) {
            parts.add(JsonPointer.element(place, list, at));
        }
        return parts;
    }

    /** Of what it says itself, about: members and elements of its keywords, all of the values that it lists, characters of its pattern. */
    static long size(Map<?, ?> schema) {
        long size = Effort.SCHEMA;
        for (Map.Entry<?, ?> each : schema.entrySet()) {
            if ("enum".equals(each.getKey()) || "const".equals(each.getKey())) {
                size += parts(each.getValue());
                continue;
            }
            size += switch (each.getValue()) {
                case Map<?, ?> map -> map.size();
                case List<?> list -> list.size();
                case String text -> text.length() / 4;
                case null, default -> 1;
            };
        }
        return size;
    }

    /** Of a value, itself included: they are compared one by one. */
    private static long parts(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                long parts = 1;
                for (Object each : map.values()) {
                    parts += parts(each);
                }
                yield parts;
            }
            case List<?> list -> {
                long parts = 1;
                for (Object each : list) {
                    parts += parts(each);
                }
                yield parts;
            }
            case null, default -> 1;
        };
    }

    /** Whether it says nothing of which values are valid. */
    static boolean isRemark(String keyword) {
        return REMARKS.contains(keyword) || keyword.startsWith("x-");
    }

    static void refuseUnknown(String pointer, Map<?, ?> schema) {
        for (Object key : schema.keySet()) {
            String keyword = String.valueOf(key);
            boolean known = ShapeKeywords.KNOWN.contains(keyword)
                    || isRemark(keyword)
                    || (keyword.equals("$id") && pointer.isEmpty())
                    || APPLIED.contains(keyword);
            if (!known) {
                throw new StructureException(
                        JsonPointer.join(pointer, keyword),
                        "the keyword " + Quoted.of(keyword) + " is not supported" + RefusedKeywords.instead(keyword));
            }
        }
    }

    /** A number of characters, elements or members. */
    static int count(String pointer, Map<?, ?> schema, String keyword, int otherwise) {
        if (!schema.containsKey(keyword)) {
            return otherwise;
        }
        if (schema.get(keyword) instanceof Number number) {
            BigDecimal value = JsonValues.decimal(number);
            if (value.signum() >= 0 && value.scale() <= 0) {
                return value.min(BigDecimal.valueOf(Expression.UNBOUNDED)).intValue();
            }
        }
        throw new StructureException(pointer + "/" + keyword, keyword + " wants a whole number from 0");
    }
}
