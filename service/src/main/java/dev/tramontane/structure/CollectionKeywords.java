package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.jspecify.annotations.Nullable;

/** What the keywords of arrays and objects in one schema object add to a {@link Shape}. */
final class CollectionKeywords {
    private static final int MOST_PREFIX = 256;

    private final Effort effort;
    /** Of each pattern of names that was met, by its text. */
    private final Map<String, Automaton> names = new HashMap<>();

    CollectionKeywords(Effort effort) {
        this.effort = effort;
    }

    void arrays(String pointer, Map<?, ?> schema, Shape shape) {
        shape.leastElements = Math.max(shape.leastElements, SchemaKeywords.count(pointer, schema, "minItems", 0));
        shape.mostElements =
                Math.min(shape.mostElements, SchemaKeywords.count(pointer, schema, "maxItems", Expression.UNBOUNDED));
        unique(pointer, schema, shape);
        List<Shape.@Nullable Part> first = new ArrayList<>();
        if (schema.containsKey("prefixItems")) {
            if (!(schema.get("prefixItems") instanceof List<?> list) || list.size() > MOST_PREFIX) {
                throw new StructureException(
                        pointer + "/prefixItems", "prefixItems wants a list of at most " + MOST_PREFIX + " schemas");
            }
            for (int at = 0; at < list.size(); at++) {
                first.add(JsonPointer.element(pointer + "/prefixItems", list, at));
            }
        }
        if (schema.get("items") instanceof List<?>) {
            throw new StructureException(
                    pointer + "/items", "a list of items is not supported: use prefixItems, as draft 2020-12 has it");
        }
        Shape.Part rest = schema.containsKey("items") ? JsonPointer.child(pointer, schema, "items") : null;
        if (rest != null || !first.isEmpty()) {
            shape.elements.add(new Shape.Elements(first, rest, true));
        }
        contained(pointer, schema, shape);
    }

    private static void unique(String pointer, Map<?, ?> schema, Shape shape) {
        if (!schema.containsKey("uniqueItems")) {
            return;
        }
        if (!(schema.get("uniqueItems") instanceof Boolean unique)) {
            throw new StructureException(pointer + "/uniqueItems", "uniqueItems wants true or false");
        }
        if (unique && shape.unique == null) {
            shape.unique = pointer + "/uniqueItems";
        }
    }

    private static void contained(String pointer, Map<?, ?> schema, Shape shape) {
        int least = SchemaKeywords.count(pointer, schema, "minContains", 1);
        int most = SchemaKeywords.count(pointer, schema, "maxContains", Expression.UNBOUNDED);
        if (schema.containsKey("contains") && (least > 0 || most < Expression.UNBOUNDED)) {
            shape.contained.add(new Shape.Contained(JsonPointer.child(pointer, schema, "contains"), least, most));
        }
    }

    void objects(String pointer, Map<?, ?> schema, Shape shape) {
        shape.leastMembers = Math.max(shape.leastMembers, SchemaKeywords.count(pointer, schema, "minProperties", 0));
        shape.mostMembers = Math.min(
                shape.mostMembers, SchemaKeywords.count(pointer, schema, "maxProperties", Expression.UNBOUNDED));
        Map<String, Shape.@Nullable Part> named = new LinkedHashMap<>();
        schemas(pointer, schema, "properties").forEach(named::put);
        if (schema.containsKey("required")) {
            if (!(schema.get("required") instanceof List<?> list)
                    || !list.stream().allMatch(String.class::isInstance)) {
                throw new StructureException(pointer + "/required", "required wants a list of names");
            }
            list.forEach(name -> shape.required.add((String) name));
        }
        List<NamePattern> patterns = new ArrayList<>();
        schemas(pointer, schema, "patternProperties")
                .forEach(
                        (pattern, part) -> patterns.add(new NamePattern(names(pattern, part.pointer()), part, effort)));
        Shape.Part rest = schema.containsKey("additionalProperties")
                ? JsonPointer.child(pointer, schema, "additionalProperties")
                : null;
        if (rest != null || !named.isEmpty() || !patterns.isEmpty()) {
            shape.members.add(new Shape.Members(named, patterns, rest, true, false));
        }
        if (schema.containsKey("propertyNames")) {
            shape.everyName.add(JsonPointer.child(pointer, schema, "propertyNames"));
        }
    }

    private static Map<String, Shape.Part> schemas(String pointer, Map<?, ?> schema, String keyword) {
        if (!schema.containsKey(keyword)) {
            return Map.of();
        }
        if (!(schema.get(keyword) instanceof Map<?, ?> all)) {
            throw new StructureException(pointer + "/" + keyword, keyword + " wants an object of schemas");
        }
        Map<String, Shape.Part> parts = new LinkedHashMap<>();
        all.keySet()
                .forEach(name ->
                        parts.put((String) name, JsonPointer.child(pointer + "/" + keyword, all, (String) name)));
        return parts;
    }

    private Automaton names(String pattern, String place) {
        Automaton known = names.get(pattern);
        if (known == null) {
            try {
                known = TextSets.of(
                        RegexReader.search(pattern, effort.limits(), Spelling.PRINTED), TextSets.PATTERN, effort);
            } catch (StructureException wrong) {
                throw new StructureException(place, String.valueOf(wrong.getMessage()));
            }
            names.put(pattern, known);
        }
        return known;
    }
}
