package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a schema says of one value to its alternatives, each a {@link Shape}: references are followed, what must hold together is
 * gathered, {@code anyOf} is multiplied out. Schemas of elements and members are not entered. Whatever is not supported is refused by its keyword and
 * place, never passed over.
 */
final class SchemaReader {
    /** Alternatives of one value. */
    private static final int MOST_SHAPES = 1024;

    /** Characters of a place that cost as much as the schema that stands there: each part of a schema has its place as a text. */
    private static final int PLACE = 32;

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
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedItems",
            "unevaluatedProperties");

    private final Object root;
    private final StructureLimits limits;
    private final Effort effort;
    private final ShapeKeywords keywords;
    private final Set<String> following = new HashSet<>();
    private int nesting;
    private int anyOfs;

    SchemaReader(Object root, Effort effort) {
        this.root = root;
        this.effort = effort;
        this.limits = effort.limits();
        this.keywords = new ShapeKeywords(limits);
    }

    /** Alternatives of a value of which all these schemas hold; none where they contradict each other. */
    List<Shape> shapes(List<Shape.Part> parts) {
        List<Shape> shapes = List.of(new Shape());
        for (Shape.Part part : parts) {
            shapes = apply(part, shapes);
        }
        return shapes;
    }

    private List<Shape> apply(Shape.Part part, List<Shape> to) {
        effort.spend(Effort.SCHEMA);
        if (part.schema() instanceof Boolean any) {
            return any ? to : List.of();
        }
        if (!(part.schema() instanceof Map<?, ?> schema)) {
            throw new StructureException(part.pointer(), "a schema is an object, true or false");
        }
        if (++nesting > limits.nesting()) {
            throw new StructureException(part.pointer(), "schemas that are nested deeper than " + limits.nesting());
        }
        List<Shape> shapes = new ArrayList<>();
        for (Shape shape : to) {
            shapes.addAll(apply(part.pointer(), schema, shape));
            if (shapes.size() > MOST_SHAPES) {
                throw new StructureException(
                        part.pointer(), "it multiplies out to more than " + MOST_SHAPES + " alternatives");
            }
        }
        nesting--;
        return shapes;
    }

    private List<Shape> apply(String pointer, Map<?, ?> schema, Shape shape) {
        int before = shape.members.size();
        int elementsBefore = shape.elements.size();
        int anyOfsBefore = anyOfs;
        refuseUnknown(pointer, schema);
        long size = size(schema);
        long places = size * (pointer.length() / PLACE);
        effort.spend(places);
        List<Shape> shapes = List.of(shape);
        if (schema.get("$ref") instanceof String reference) {
            shapes = follow(pointer + "/$ref", reference, shapes);
        } else if (schema.containsKey("$ref")) {
            throw new StructureException(pointer + "/$ref", "$ref wants a string");
        }
        for (Shape.Part each : list(pointer, schema, "allOf")) {
            shapes = apply(each, shapes);
        }
        List<Shape> local = new ArrayList<>();
        for (Shape each : shapes) {
            effort.spend(size + places + each.size());
            Shape copy = each.copy();
            if (keywords.apply(pointer, schema, copy)) {
                local.add(copy);
            }
        }
        shapes = local;
        if (schema.containsKey("anyOf")) {
            anyOfs++;
            shapes = anyOf(list(pointer, schema, "anyOf"), shapes, pointer);
        }
        if (schema.containsKey("oneOf")) {
            List<Shape.Part> ways = list(pointer, schema, "oneOf");
            new Disjoint(this, effort).check(pointer + "/oneOf", ways);
            shapes = anyOf(ways, shapes, pointer);
        }
        shapes = dependencies(pointer, schema, shapes);
        if (schema.containsKey("unevaluatedItems") && !Boolean.TRUE.equals(schema.get("unevaluatedItems"))) {
            refuseBesideAnyOf(pointer, "unevaluatedItems", anyOfsBefore);
            shapes.forEach(each -> addUnevaluatedItems(pointer, schema, each, elementsBefore));
        }
        if (schema.containsKey("unevaluatedProperties") && !Boolean.TRUE.equals(schema.get("unevaluatedProperties"))) {
            refuseBesideAnyOf(pointer, "unevaluatedProperties", anyOfsBefore);
            shapes.forEach(each -> addUnevaluated(pointer, schema, each, before));
        }
        return shapes;
    }

    private void refuseBesideAnyOf(String pointer, String keyword, int anyOfsBefore) {
        if (anyOfs > anyOfsBefore) {
            throw new StructureException(
                    pointer + "/" + keyword,
                    keyword + " beside anyOf is not supported, since which alternatives hold isn't known");
        }
    }

    /** Of each name: values that are no objects or don't have it, and objects that do, with what that asks for. */
    private List<Shape> dependencies(String pointer, Map<?, ?> schema, List<Shape> shapes) {
        List<Shape> all = shapes;
        for (Dependencies.Dependency each : Dependencies.of(pointer, schema)) {
            List<Shape> next = new ArrayList<>();
            for (Shape shape : all) {
                effort.spend(
                        2L * (Effort.SCHEMA + shape.size()) + each.required().size());
                next.add(each.absent(shape));
                List<Shape> present = List.of(each.present(shape));
                next.addAll(each.schema() == null ? present : apply(each.schema(), present));
            }
            if (next.size() > MOST_SHAPES) {
                throw new StructureException(
                        pointer, "it multiplies out to more than " + MOST_SHAPES + " alternatives");
            }
            all = next;
        }
        return all;
    }

    private List<Shape> anyOf(List<Shape.Part> ways, List<Shape> shapes, String pointer) {
        List<Shape> all = new ArrayList<>();
        for (Shape.Part way : ways) {
            all.addAll(apply(way, shapes));
            if (all.size() > MOST_SHAPES) {
                throw new StructureException(
                        pointer, "it multiplies out to more than " + MOST_SHAPES + " alternatives");
            }
        }
        return all;
    }

    private List<Shape> follow(String pointer, String reference, List<Shape> shapes) {
        Shape.Part target = JsonPointer.resolve(root, reference, pointer);
        if (!following.add(target.pointer())) {
            throw new StructureException(pointer, "$ref leads back to itself without an object or array between");
        }
        List<Shape> applied = apply(target, shapes);
        following.remove(target.pointer());
        return applied;
    }

    /** Names that schemas from there on speak of are left alone, all others held to what is unevaluated. */
    private void addUnevaluated(String pointer, Map<?, ?> schema, Shape shape, int from) {
        Map<String, Shape.@Nullable Part> evaluated = new LinkedHashMap<>();
        for (Shape.Members each : shape.members.subList(from, shape.members.size())) {
            if (each.rest() != null) {
                return;
            }
            effort.spend(4L * each.named().size());
            each.named().keySet().forEach(name -> evaluated.put(name, null));
        }
        shape.members.add(new Shape.Members(evaluated, JsonPointer.child(pointer, schema, "unevaluatedProperties")));
    }

    /** Elements behind those that schemas from there on speak of. */
    private static void addUnevaluatedItems(String pointer, Map<?, ?> schema, Shape shape, int from) {
        int evaluated = 0;
        for (Shape.Elements each : shape.elements.subList(from, shape.elements.size())) {
            if (each.rest() != null) {
                return;
            }
            evaluated = Math.max(evaluated, each.first().size());
        }
        List<Shape.@Nullable Part> first = new ArrayList<>();
        for (int at = 0; at < evaluated; at++) {
            first.add(null);
        }
        shape.elements.add(new Shape.Elements(first, JsonPointer.child(pointer, schema, "unevaluatedItems")));
    }

    private static List<Shape.Part> list(String pointer, Map<?, ?> schema, String keyword) {
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
    private static long size(Map<?, ?> schema) {
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

    /** What a schema refers to that says nothing else: places that mean the same share a rule. */
    Shape.Part target(Shape.Part part) {
        Shape.Part at = part;
        for (int steps = 0; steps < limits.nesting(); steps++) {
            if (!(at.schema() instanceof Map<?, ?> schema)
                    || !(schema.get("$ref") instanceof String reference)
                    || !schema.keySet().stream().allMatch(key -> key.equals("$ref") || isRemark(String.valueOf(key)))) {
                return at;
            }
            effort.spend(4L + (reference.length() + at.pointer().length()) / 8);
            at = JsonPointer.resolve(root, reference, at.pointer() + "/$ref");
        }
        return part; // Perhaps round in a circle, which is refused where it is read.
    }

    private static boolean isRemark(String keyword) {
        return REMARKS.contains(keyword) || keyword.startsWith("x-");
    }

    private static void refuseUnknown(String pointer, Map<?, ?> schema) {
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
}
