package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the keywords of one schema object, each by itself, add to a {@link Shape}. */
final class ShapeKeywords {
    static final Set<String> KNOWN = Set.of(
            "type",
            "enum",
            "const",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
            "properties",
            "patternProperties",
            "propertyNames",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties");

    private final StructureLimits limits;
    private final CollectionKeywords collections;

    ShapeKeywords(Effort effort) {
        this.limits = effort.limits();
        this.collections = new CollectionKeywords(effort);
    }

    /** @return whether any value is left, as far as that is seen here */
    boolean apply(String pointer, Map<?, ?> schema, Shape shape) {
        types(pointer, schema, shape);
        values(pointer, schema, shape);
        numbers(pointer, schema, shape);
        strings(pointer, schema, shape);
        collections.arrays(pointer, schema, shape);
        collections.objects(pointer, schema, shape);
        return shape.mayHaveValues();
    }

    static void types(String pointer, Map<?, ?> schema, Shape shape) {
        if (!schema.containsKey("type")) {
            return;
        }
        Object type = schema.get("type");
        Collection<?> wanted = type instanceof List<?> list ? list : type == null ? List.of() : List.of(type);
        if (wanted.isEmpty()) {
            throw new StructureException(pointer + "/type", "type wants a name or a list of names");
        }
        Set<String> types = new LinkedHashSet<>();
        for (Object each : wanted) {
            String name = String.valueOf(each);
            if (!Shape.ALL_TYPES.contains(name) && !name.equals("integer")) {
                throw new StructureException(pointer + "/type", "there is no type " + Quoted.of(name));
            }
            types.add(name);
        }
        if (types.contains("integer") && !types.contains("number")) {
            types.add("number");
            shape.integer = true;
        }
        shape.types.retainAll(types);
    }

    private static void values(String pointer, Map<?, ?> schema, Shape shape) {
        if (schema.containsKey("const")) {
            List<@Nullable Object> one = new ArrayList<>();
            one.add(schema.get("const"));
            shape.values = JsonValues.common(shape.values, one);
        }
        if (schema.containsKey("enum")) {
            if (!(schema.get("enum") instanceof List<?> list) || list.isEmpty()) {
                throw new StructureException(pointer + "/enum", "enum wants a list that isn't empty");
            }
            shape.values = JsonValues.common(shape.values, list);
        }
    }

    private static void numbers(String pointer, Map<?, ?> schema, Shape shape) {
        BigDecimal least = number(pointer, schema, "minimum");
        BigDecimal greatest = number(pointer, schema, "maximum");
        BigDecimal above = number(pointer, schema, "exclusiveMinimum");
        BigDecimal below = number(pointer, schema, "exclusiveMaximum");
        BigDecimal multiple = number(pointer, schema, "multipleOf");
        shape.bounds = least == null ? shape.bounds : shape.bounds.atLeast(least, false);
        shape.bounds = greatest == null ? shape.bounds : shape.bounds.atMost(greatest, false);
        shape.bounds = above == null ? shape.bounds : shape.bounds.atLeast(above, true);
        shape.bounds = below == null ? shape.bounds : shape.bounds.atMost(below, true);
        if (multiple != null) {
            if (multiple.signum() <= 0) {
                throw new StructureException(pointer + "/multipleOf", "multipleOf wants a number above 0");
            }
            if (!Multiples.isSupported(multiple)) {
                throw new StructureException(
                        pointer + "/multipleOf",
                        "multipleOf is supported up to " + Multiples.MOST + ", zeros at its end not counted");
            }
            shape.bounds = shape.bounds.multipleOf(multiple);
        }
    }

    private static @Nullable BigDecimal number(String pointer, Map<?, ?> schema, String keyword) {
        if (!schema.containsKey(keyword)) {
            return null;
        }
        if (schema.get(keyword) instanceof Number number) {
            BigDecimal value = JsonValues.decimal(number);
            if (value.scale() <= JsonText.DIGITS) {
                return value;
            }
            throw new StructureException(
                    pointer + "/" + keyword, keyword + " has more than " + JsonText.DIGITS + " digits after the point");
        }
        throw new StructureException(pointer + "/" + keyword, keyword + " wants a number");
    }

    private void strings(String pointer, Map<?, ?> schema, Shape shape) {
        shape.leastCharacters = Math.max(shape.leastCharacters, SchemaKeywords.count(pointer, schema, "minLength", 0));
        shape.mostCharacters = Math.min(
                shape.mostCharacters, SchemaKeywords.count(pointer, schema, "maxLength", Expression.UNBOUNDED));
        if (schema.containsKey("pattern")) {
            String place = pointer + "/pattern";
            if (!(schema.get("pattern") instanceof String pattern)) {
                throw new StructureException(place, "pattern wants a string");
            }
            try {
                shape.patterns.add(RegexReader.search(pattern, limits, Spelling.PRINTED));
            } catch (StructureException wrong) {
                throw new StructureException(place, String.valueOf(wrong.getMessage()));
            }
        }
        if (schema.containsKey("format")) {
            shape.patterns.add(Formats.read(schema.get("format"), pointer + "/format", limits));
        }
    }
}
