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

    private final Object root;
    private final StructureLimits limits;
    private final Effort effort;
    private final ShapeKeywords keywords;
    private final Opposites opposites;
    private final Contradictions contradictions;
    private final Set<String> following = new HashSet<>();
    private int nesting;
    private int anyOfs;
    /** Whether schemas of a oneOf are compared: what is read for that may hold of more values than it should. */
    private boolean comparing;

    SchemaReader(Object root, Effort effort) {
        this.root = root;
        this.effort = effort;
        this.limits = effort.limits();
        this.keywords = new ShapeKeywords(effort);
        this.opposites = new Opposites(this, keywords, effort);
        this.contradictions = new Contradictions(this, keywords, effort);
    }

    /** Alternatives of a value of which all these schemas hold; none where they contradict each other. */
    List<Shape> shapes(List<Shape.Part> parts) {
        List<Shape> shapes = List.of(new Shape());
        for (Shape.Part part : parts) {
            shapes = apply(part, shapes);
        }
        return shapes;
    }

    /** Of alternatives, those values of which a schema holds, or doesn't where it is an opposite. */
    List<Shape> apply(Shape.Part part, List<Shape> to) {
        effort.spend(Effort.SCHEMA);
        if (part.schema() instanceof Boolean any) {
            return any != part.opposite() ? to : List.of();
        }
        if (!(part.schema() instanceof Map<?, ?> schema)) {
            throw new StructureException(part.pointer(), "a schema is an object, true or false");
        }
        if (++nesting > limits.nesting()) {
            throw new StructureException(part.pointer(), "schemas that are nested deeper than " + limits.nesting());
        }
        List<Shape> shapes = new ArrayList<>();
        for (Shape shape : to) {
            shapes.addAll(
                    part.opposite()
                            ? opposites.of(part.pointer(), schema, shape)
                            : apply(part.pointer(), schema, shape));
            checkCount(part.pointer(), shapes);
        }
        nesting--;
        return shapes;
    }

    void checkCount(String pointer, List<Shape> shapes) {
        if (shapes.size() > MOST_SHAPES) {
            throw new StructureException(pointer, "it multiplies out to more than " + MOST_SHAPES + " alternatives");
        }
    }

    private List<Shape> apply(String pointer, Map<?, ?> schema, Shape shape) {
        int before = shape.members.size();
        int elementsBefore = shape.elements.size();
        int anyOfsBefore = anyOfs;
        SchemaKeywords.refuseUnknown(pointer, schema);
        long size = SchemaKeywords.size(schema);
        effort.spend(size + size * (pointer.length() / PLACE) + shape.size());
        Shape own = shape.copy();
        List<Shape> shapes = keywords.apply(pointer, schema, own) ? List.of(own) : List.of();
        boolean namesMembers = own.members.size() > before;
        if (schema.containsKey("$ref")) {
            shapes = follow(pointer, schema, false, shapes);
        }
        for (Shape.Part each : SchemaKeywords.list(pointer, schema, "allOf")) {
            shapes = apply(each, shapes);
        }
        if (namesMembers) {
            // What it builds upon comes before its own members.
            shapes.forEach(each -> each.members.add(each.members.remove(before)));
        }
        if (schema.containsKey("anyOf")) {
            anyOfs++;
            shapes = anyOf(SchemaKeywords.list(pointer, schema, "anyOf"), shapes, pointer);
        }
        if (schema.containsKey("oneOf")) {
            shapes = oneOf(SchemaKeywords.list(pointer, schema, "oneOf"), shapes, pointer);
        }
        if (schema.containsKey("not")) {
            shapes = conditional(JsonPointer.child(pointer, schema, "not").negated(), shapes, false);
        }
        if (schema.containsKey("if")) {
            shapes = either(pointer, schema, shapes);
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

    /**
     * What holds under a condition, or is one: it has no say in the order of members, and contradictions are taken out at once, since conditions multiply.
     *
     * @param evaluates whether what it speaks of counts as evaluated
     */
    private List<Shape> conditional(Shape.Part part, List<Shape> shapes, boolean evaluates) {
        List<Shape> all = new ArrayList<>();
        for (Shape shape : shapes) {
            for (Shape each : apply(part, List.of(shape))) {
                Shape marked = each.copy();
                effort.spend(marked.size());
                marked.members
                        .subList(shape.members.size(), marked.members.size())
                        .replaceAll(members -> members.underCondition(evaluates));
                marked.elements
                        .subList(shape.elements.size(), marked.elements.size())
                        .replaceAll(elements -> elements.underCondition(evaluates));
                if (!contradictions.within(marked)) {
                    all.add(marked);
                }
            }
            checkCount(part.pointer(), all);
        }
        return all;
    }

    private List<Shape> either(String pointer, Map<?, ?> schema, List<Shape> shapes) {
        Shape.Part condition = JsonPointer.child(pointer, schema, "if");
        List<Shape> held = conditional(condition, shapes, true);
        List<Shape> failed = conditional(condition.negated(), shapes, false);
        List<Shape> all = new ArrayList<>(
                schema.containsKey("then")
                        ? conditional(JsonPointer.child(pointer, schema, "then"), held, true)
                        : held);
        all.addAll(
                schema.containsKey("else")
                        ? conditional(JsonPointer.child(pointer, schema, "else"), failed, true)
                        : failed);
        checkCount(pointer, all);
        return all;
    }

    /** Of one of them, and not of those others that some value might satisfy, too. */
    private List<Shape> oneOf(List<Shape.Part> ways, List<Shape> shapes, String pointer) {
        if (comparing) {
            return anyOf(ways, shapes, pointer); // Its own members may lead back to it.
        }
        comparing = true;
        boolean[][] overlap = new Disjoint(this, effort).overlaps(ways);
        comparing = false;
        List<Shape> all = new ArrayList<>();
        for (int some = 0; some < ways.size(); some++) {
            List<Shape> held = apply(ways.get(some), shapes);
            for (int other = 0; other < ways.size(); other++) {
                if (overlap[some][other]) {
                    held = conditional(ways.get(other).negated(), held, false);
                }
            }
            all.addAll(held);
            checkCount(pointer, all);
        }
        return all;
    }

    /** Of each name: values that are no objects or don't have it, and objects that do, with what that asks for. */
    private List<Shape> dependencies(String pointer, Map<?, ?> schema, List<Shape> shapes) {
        if (shapes.isEmpty()) {
            return shapes;
        }
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
            checkCount(pointer, next);
            all = next;
        }
        return all;
    }

    private List<Shape> anyOf(List<Shape.Part> ways, List<Shape> shapes, String pointer) {
        List<Shape> all = new ArrayList<>();
        for (Shape.Part way : ways) {
            all.addAll(apply(way, shapes));
            checkCount(pointer, all);
        }
        return all;
    }

    /** @param opposite whether what it refers to must not hold */
    List<Shape> follow(String pointer, Map<?, ?> schema, boolean opposite, List<Shape> shapes) {
        String place = pointer + "/$ref";
        if (!(schema.get("$ref") instanceof String reference)) {
            throw new StructureException(place, "$ref wants a string");
        }
        Shape.Part target = JsonPointer.resolve(root, reference, place);
        if (!following.add(target.pointer())) {
            throw new StructureException(place, "$ref leads back to itself without an object or array between");
        }
        List<Shape> applied = apply(opposite ? target.negated() : target, shapes);
        following.remove(target.pointer());
        return applied;
    }

    /** Names that schemas from there on speak of are left alone, all others held to what is unevaluated. */
    private void addUnevaluated(String pointer, Map<?, ?> schema, Shape shape, int from) {
        Map<String, Shape.@Nullable Part> evaluated = new LinkedHashMap<>();
        List<NamePattern> patterns = new ArrayList<>();
        for (Shape.Members each : shape.members.subList(from, shape.members.size())) {
            if (!each.evaluates()) {
                continue;
            }
            if (each.rest() != null) {
                return;
            }
            effort.spend(4L * each.named().size());
            each.named().keySet().forEach(name -> evaluated.put(name, null));
            each.patterns()
                    .forEach(pattern ->
                            patterns.add(new NamePattern(pattern.names(), new Shape.Part(pointer, true), effort)));
        }
        shape.members.add(new Shape.Members(
                evaluated, patterns, JsonPointer.child(pointer, schema, "unevaluatedProperties"), true, false));
    }

    /** Elements behind those that schemas from there on speak of. */
    private static void addUnevaluatedItems(String pointer, Map<?, ?> schema, Shape shape, int from) {
        if (!shape.contained.isEmpty() || schema.containsKey("contains")) { // Where none has to be there, too.
            throw new StructureException(
                    pointer + "/unevaluatedItems",
                    "unevaluatedItems beside contains is not supported, since which elements those are isn't known");
        }
        int evaluated = 0;
        for (Shape.Elements each : shape.elements.subList(from, shape.elements.size())) {
            if (!each.evaluates()) {
                continue;
            }
            if (each.rest() != null) {
                return;
            }
            evaluated = Math.max(evaluated, each.first().size());
        }
        List<Shape.@Nullable Part> first = new ArrayList<>();
        for (int at = 0; at < evaluated; at++) {
            first.add(null);
        }
        shape.elements.add(new Shape.Elements(first, JsonPointer.child(pointer, schema, "unevaluatedItems"), true));
    }

    /** What a schema refers to that says nothing else: places that mean the same share a rule. */
    Shape.Part target(Shape.Part part) {
        Shape.Part at = part;
        for (int steps = 0; steps < limits.nesting(); steps++) {
            if (!(at.schema() instanceof Map<?, ?> schema)
                    || !(schema.get("$ref") instanceof String reference)
                    || !schema.keySet().stream()
                            .allMatch(key -> key.equals("$ref") || SchemaKeywords.isRemark(String.valueOf(key)))) {
                return at;
            }
            effort.spend(4L + (reference.length() + at.pointer().length()) / 8);
            Shape.Part next = JsonPointer.resolve(root, reference, at.pointer() + "/$ref");
            at = at.opposite() ? next.negated() : next;
        }
        return part; // Perhaps round in a circle, which is refused where it is read.
    }
}
