package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;
import org.jspecify.annotations.Nullable;

/**
 * Reads of which values a schema does not hold: those that break one of its keywords, each an alternative. What can't be expressed so is noted of the type
 * of value that it speaks of, and refused where such a value could come.
 */
final class Opposites {
    private final SchemaReader reader;
    private final ShapeKeywords keywords;
    private final Effort effort;

    Opposites(SchemaReader reader, ShapeKeywords keywords, Effort effort) {
        this.reader = reader;
        this.keywords = keywords;
        this.effort = effort;
    }

    /** Alternatives of a value of which all of a shape holds, and of which a schema doesn't. */
    List<Shape> of(String pointer, Map<?, ?> schema, Shape shape) {
        SchemaKeywords.refuseUnknown(pointer, schema);
        effort.spend(SchemaKeywords.size(schema));
        Broken broken = new Broken(pointer, shape, effort);
        Shape said = new Shape();
        keywords.apply(pointer, schema, said);
        types(pointer, schema, broken);
        List<@Nullable Object> values = said.values;
        if (values != null) {
            broken.add(each -> exclude(each, values));
        }
        numbers(said.bounds, broken);
        strings(schema, said, broken);
        arrays(schema, said, broken);
        objects(schema, said, broken);
        List<Shape> all = broken.all();
        all.addAll(applied(pointer, schema, shape));
        return all;
    }

    private static void exclude(Shape shape, List<@Nullable Object> values) {
        for (Object value : values) {
            switch (value) {
                case List<?> list when list.isEmpty() -> shape.leastElements = Math.max(1, shape.leastElements);
                case Map<?, ?> map when map.isEmpty() -> shape.leastMembers = Math.max(1, shape.leastMembers);
                case null, default -> shape.excluded.add(value);
            }
        }
    }

    private static void types(String pointer, Map<?, ?> schema, Broken broken) {
        if (!schema.containsKey("type")) {
            return;
        }
        // The types that were named: what else is said may have taken some of them out.
        Shape named = new Shape();
        ShapeKeywords.types(pointer, schema, named);
        broken.add(each -> {
            boolean fraction = named.integer && each.types.contains("number");
            each.types.removeAll(named.types);
            if (fraction) {
                each.types.add("number");
                each.fraction = true;
            }
        });
    }

    private static void numbers(NumberBounds bounds, Broken broken) {
        BigDecimal least = bounds.least();
        BigDecimal greatest = bounds.greatest();
        if (least != null) {
            broken.add("number", each -> each.bounds = each.bounds.atMost(least, !bounds.above()));
        }
        if (greatest != null) {
            broken.add("number", each -> each.bounds = each.bounds.atLeast(greatest, !bounds.below()));
        }
        for (BigDecimal multiple : bounds.multiplesOf()) {
            if (multiple.compareTo(BigDecimal.ONE) == 0) {
                broken.add("number", each -> each.fraction = true);
            } else {
                broken.inexpressible("number", "multipleOf");
            }
        }
    }

    private void strings(Map<?, ?> schema, Shape said, Broken broken) {
        if (said.leastCharacters > 0) {
            broken.add("string", each -> each.mostCharacters = Math.min(each.mostCharacters, said.leastCharacters - 1));
        }
        if (said.mostCharacters < Expression.UNBOUNDED) {
            broken.add(
                    "string", each -> each.leastCharacters = Math.max(each.leastCharacters, said.mostCharacters + 1));
        }
        if (schema.containsKey("pattern")) {
            // A format, which only allows less than it could, would stand behind it.
            broken.add("string", each -> each.patterns.add(others(said.patterns.getFirst(), broken)));
        }
        if (schema.containsKey("format")) {
            broken.inexpressible("string", "format");
        }
    }

    private Expression others(Expression pattern, Broken broken) {
        try {
            Automaton texts = TextSets.of(pattern, TextSets.PATTERN, effort);
            return new Expression.Regular(TextSets.complement(texts, effort), Spelling.PRINTED);
        } catch (StructureException tooLarge) {
            throw new StructureException(broken.pointer() + "/pattern", String.valueOf(tooLarge.getMessage()));
        }
    }

    private void arrays(Map<?, ?> schema, Shape said, Broken broken) {
        if (said.leastElements > 0) {
            broken.add("array", each -> each.mostElements = Math.min(each.mostElements, said.leastElements - 1));
        }
        if (said.mostElements < Expression.UNBOUNDED) {
            broken.add("array", each -> each.leastElements = Math.max(each.leastElements, said.mostElements + 1));
        }
        for (Shape.Elements elements : said.elements) {
            int first = elements.first().size();
            for (int at = 0; at < first; at++) {
                Shape.Part part = elements.first().get(at);
                int index = at;
                if (part != null && !part.isAnything()) {
                    broken.add("array", each -> {
                        each.leastElements = Math.max(each.leastElements, index + 1);
                        each.elements.add(only(index, part.negated()));
                    });
                }
            }
            Shape.Part rest = elements.rest();
            if (rest == null || rest.isAnything()) {
                continue;
            }
            if (rest.isNothing()) {
                broken.add("array", each -> each.leastElements = Math.max(each.leastElements, first + 1));
            } else if (first == 0) {
                broken.add(
                        "array",
                        each -> each.contained.add(new Shape.Contained(rest.negated(), 1, Expression.UNBOUNDED)));
            } else {
                broken.inexpressible("array", "items");
            }
        }
        if (said.unique != null) {
            broken.inexpressible("array", "uniqueItems");
        }
        for (Shape.Contained contained : said.contained) {
            contained(contained, broken);
        }
        if (limitsUnevaluated(schema, "unevaluatedItems")) {
            broken.inexpressible("array", "unevaluatedItems");
        }
    }

    private static Shape.Elements only(int index, Shape.Part part) {
        List<Shape.@Nullable Part> first = new ArrayList<>();
        for (int at = 0; at < index; at++) {
            first.add(null);
        }
        first.add(part);
        return new Shape.Elements(first, null, false);
    }

    /** Fewer of them, or more. */
    private static void contained(Shape.Contained contained, Broken broken) {
        Shape.Part part = contained.part();
        if (contained.least() == 1) {
            broken.add("array", each -> each.elements.add(new Shape.Elements(List.of(), part.negated(), false)));
        } else if (contained.least() > 1) {
            broken.add("array", each -> each.contained.add(new Shape.Contained(part, 0, contained.least() - 1)));
        }
        if (contained.most() < Expression.UNBOUNDED) {
            broken.add(
                    "array",
                    each -> each.contained.add(new Shape.Contained(part, contained.most() + 1, Expression.UNBOUNDED)));
        }
    }

    private static boolean limitsUnevaluated(Map<?, ?> schema, String keyword) {
        return schema.containsKey(keyword) && !Boolean.TRUE.equals(schema.get(keyword));
    }

    private void objects(Map<?, ?> schema, Shape said, Broken broken) {
        if (said.leastMembers > 0) {
            broken.add("object", each -> each.mostMembers = Math.min(each.mostMembers, said.leastMembers - 1));
        }
        if (said.mostMembers < Expression.UNBOUNDED) {
            broken.add("object", each -> each.leastMembers = Math.max(each.leastMembers, said.mostMembers + 1));
        }
        for (String name : said.required) {
            broken.add("object", each -> each.forbidden.add(name));
        }
        for (Shape.Members members : said.members) {
            members.named().forEach((name, part) -> {
                if (part != null && !part.isAnything()) {
                    broken.add("object", each -> with(each, name, part.negated()));
                }
            });
            if (members.patterns().stream().anyMatch(each -> !each.part().isAnything())) {
                broken.inexpressible("object", "patternProperties");
            }
            if (members.rest() != null && !members.rest().isAnything()) {
                broken.inexpressible("object", "additionalProperties");
            }
        }
        if (said.everyName.stream().anyMatch(each -> !each.isAnything())) {
            broken.inexpressible("object", "propertyNames");
        }
        if (limitsUnevaluated(schema, "unevaluatedProperties")) {
            broken.inexpressible("object", "unevaluatedProperties");
        }
    }

    /** Has a member of which that holds. */
    private static void with(Shape shape, String name, Shape.Part part) {
        shape.required.add(name);
        shape.members.add(new Shape.Members(new LinkedHashMap<>(Map.of(name, part)), List.of(), null, false, true));
    }

    /** What breaks one of the keywords that have schemas which hold of the same value. */
    private List<Shape> applied(String pointer, Map<?, ?> schema, Shape shape) {
        List<Shape> all = new ArrayList<>();
        if (schema.containsKey("$ref")) {
            all.addAll(reader.follow(pointer, schema, true, List.of(shape)));
        }
        for (Shape.Part each : SchemaKeywords.list(pointer, schema, "allOf")) {
            all.addAll(reader.apply(each.negated(), List.of(shape)));
        }
        if (schema.containsKey("anyOf")) {
            all.addAll(none(SchemaKeywords.list(pointer, schema, "anyOf"), shape));
        }
        if (schema.containsKey("oneOf")) {
            List<Shape.Part> ways = SchemaKeywords.list(pointer, schema, "oneOf");
            all.addAll(none(ways, shape));
            for (int some = 0; some < ways.size(); some++) {
                List<Shape> held = reader.apply(ways.get(some), List.of(shape));
                for (Shape.Part other : ways.subList(0, some)) {
                    all.addAll(reader.apply(other, held));
                    reader.checkCount(pointer, all);
                }
            }
        }
        if (schema.containsKey("not")) {
            all.addAll(reader.apply(JsonPointer.child(pointer, schema, "not"), List.of(shape)));
        }
        if (schema.containsKey("if")) {
            Shape.Part condition = JsonPointer.child(pointer, schema, "if");
            for (boolean holds : new boolean[] {true, false}) {
                String keyword = holds ? "then" : "else";
                if (schema.containsKey(keyword)) {
                    all.addAll(reader.apply(
                            JsonPointer.child(pointer, schema, keyword).negated(),
                            reader.apply(holds ? condition : condition.negated(), List.of(shape))));
                }
            }
        }
        for (Dependencies.Dependency each : Dependencies.of(pointer, schema)) {
            all.addAll(dependency(each, shape));
        }
        reader.checkCount(pointer, all);
        return all;
    }

    private List<Shape> none(List<Shape.Part> ways, Shape shape) {
        List<Shape> shapes = List.of(shape);
        for (Shape.Part way : ways) {
            shapes = reader.apply(way.negated(), shapes);
        }
        return shapes;
    }

    private List<Shape> dependency(Dependencies.Dependency dependency, Shape shape) {
        List<Shape> all = new ArrayList<>();
        Shape present = shape.copy().only("object");
        present.required.add(dependency.name());
        Set<String> missing = new LinkedHashSet<>(dependency.required());
        for (String name : missing) {
            effort.spend(Broken.COPY + shape.size());
            Shape without = present.copy();
            without.forbidden.add(name);
            all.add(without);
        }
        if (dependency.schema() != null) {
            all.addAll(reader.apply(dependency.schema().negated(), List.of(present)));
        }
        all.removeIf(each -> !each.mayHaveValues());
        return all;
    }
}
