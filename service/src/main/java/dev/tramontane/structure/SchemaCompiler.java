package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Makes expressions of JSON schemas: a rule for each set of schemas that must hold of one value, so that schemas may refer to themselves. Members stand in
 * the order of {@code properties}, others behind them; numbers and strings as {@link JsonText} says.
 */
final class SchemaCompiler {
    /** Of a member, in nodes, about. */
    private static final int MEMBER = 16;

    private record Pending(Rule rule, List<Shape.Part> parts) {}

    private final Effort effort;
    private final JsonLayout layout;
    private final SchemaReader reader;
    private final Fits fits;
    private final Map<List<String>, Rule> rules = new HashMap<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Map<Set<String>, Expression> otherNames = new HashMap<>();

    private SchemaCompiler(Object schema, JsonLayout layout, Effort effort) {
        this.layout = layout;
        this.effort = effort;
        this.reader = new SchemaReader(schema, effort);
        this.fits = new Fits(reader, effort);
    }

    /**
     * @param schema a tree of maps in their order, lists, strings, numbers, booleans and nulls
     * @param layout what may stand between the tokens of JSON
     * @throws StructureException where it is wrong, or says what is not supported, with its place as a JSON pointer
     */
    static Expression compile(Object schema, JsonLayout layout, Effort effort) {
        return compile(schema, List.of(new Shape.Part("", schema)), layout, effort)
                .getFirst();
    }

    /**
     * Values that stand apart.
     *
     * @param root to which references lead
     * @param schemas of each value, parts of that
     */
    static List<Expression> compile(Object root, List<Shape.Part> schemas, JsonLayout layout, Effort effort) {
        SchemaCompiler compiler = new SchemaCompiler(root, layout, effort);
        List<Expression> values =
                schemas.stream().map(each -> compiler.value(List.of(each))).toList();
        while (!compiler.pending.isEmpty()) {
            Pending next = compiler.pending.removeLast();
            List<Expression> ways = new ArrayList<>();
            String place = next.parts.getLast().pointer();
            for (Shape shape : compiler.reader.shapes(next.parts)) {
                ways.add(compiler.shape(shape, place));
            }
            next.rule.define(new Expression.Choice(ways));
        }
        return values;
    }

    private Expression value(List<Shape.Part> parts) {
        LinkedHashMap<String, Shape.Part> distinct = new LinkedHashMap<>();
        effort.spend(1L + parts.size());
        for (Shape.Part said : parts) {
            Shape.Part part = reader.target(said);
            if (Boolean.FALSE.equals(part.schema())) {
                return Expression.NOTHING;
            }
            boolean anything =
                    Boolean.TRUE.equals(part.schema()) || (part.schema() instanceof Map<?, ?> map && map.isEmpty());
            if (!anything) {
                distinct.put(part.pointer(), part);
            }
        }
        if (distinct.isEmpty()) {
            return layout.value();
        }
        Rule known = rules.get(List.copyOf(distinct.keySet()));
        if (known == null) {
            known = new Rule(JsonPointer.shown(distinct.firstEntry().getKey()));
            if (rules.size() > effort.limits().nodes() / 16) {
                throw new StructureException("", "the schema is too large");
            }
            rules.put(List.copyOf(distinct.keySet()), known);
            pending.add(new Pending(known, List.copyOf(distinct.values())));
        }
        return new Expression.Call(known);
    }

    private Expression shape(Shape shape, String place) {
        if (shape.values != null) {
            return JsonValues.oneOf(
                    shape.values.stream()
                            .filter(value -> fits.fitsRest(value, shape))
                            .toList(),
                    layout,
                    effort);
        }
        List<Expression> ways = new ArrayList<>();
        for (String type : shape.types) {
            ways.add(
                    switch (type) {
                        case "null" -> text("null");
                        case "boolean" -> Expression.choice(text("true"), text("false"));
                        case "number" -> number(shape, place);
                        case "string" -> string(shape, place);
                        case "array" -> array(shape);
                        default -> object(shape, place);
                    });
        }
        return new Expression.Choice(ways);
    }

    private Expression number(Shape shape, String place) {
        if (shape.bounds.equals(Shape.Bounds.NONE)) {
            return shape.integer ? JsonText.INTEGER : JsonText.NUMBER;
        }
        try {
            return Decimals.between(shape.bounds, shape.integer, effort);
        } catch (StructureException tooLarge) {
            throw new StructureException(place, String.valueOf(tooLarge.getMessage()));
        }
    }

    private Expression string(Shape shape, String place) {
        boolean anyLength = shape.leastCharacters == 0 && shape.mostCharacters == Expression.UNBOUNDED;
        if (shape.leastCharacters > shape.mostCharacters) {
            return Expression.NOTHING;
        }
        if (shape.patterns.isEmpty()) {
            return anyLength ? JsonText.STRING : JsonText.string(shape.leastCharacters, shape.mostCharacters);
        }
        if (shape.patterns.size() == 1 && anyLength) {
            return sequence(text("\""), shape.patterns.getFirst(), text("\""));
        }
        try {
            Automaton all = TextSets.of(shape.patterns.getFirst(), TextSets.PATTERN, effort);
            for (Expression each : shape.patterns.subList(1, shape.patterns.size())) {
                all = TextSets.both(all, TextSets.of(each, TextSets.PATTERN, effort), effort);
            }
            if (!anyLength) {
                all = TextSets.bounded(all, shape.leastCharacters, shape.mostCharacters, effort);
            }
            return sequence(text("\""), new Expression.Regular(all, Spelling.PRINTED), text("\""));
        } catch (StructureException tooLarge) {
            throw new StructureException(place, String.valueOf(tooLarge.getMessage()));
        }
    }

    @SuppressWarnings("ReferenceEquality") // there is one expression of any value
    private Expression array(Shape shape) {
        if (shape.leastElements > shape.mostElements) {
            return Expression.NOTHING;
        }
        List<Expression> first = new ArrayList<>();
        for (int at = 0; at < shape.toldApart(); at++) {
            first.add(value(shape.element(at)));
        }
        Expression rest = value(shape.element(shape.toldApart()));
        if (first.isEmpty()
                && rest == layout.value()
                && shape.leastElements == 0
                && shape.mostElements == Expression.UNBOUNDED) {
            return layout.array();
        }
        return layout.array(first, rest, shape.leastElements, shape.mostElements);
    }

    @SuppressWarnings("ReferenceEquality") // there is one expression of any value
    private Expression object(Shape shape, String place) {
        if (shape.leastMembers > shape.mostMembers || shape.required.size() > shape.mostMembers) {
            return Expression.NOTHING;
        }
        Set<String> names = shape.names();
        Expression others = value(shape.otherMembers());
        List<Expression.Rung> rungs = new ArrayList<>();
        effort.spend((long) names.size() * (MEMBER + shape.members.size()));
        for (String name : names) {
            Expression member = layout.member(JsonValues.name(name), value(shape.member(name)));
            rungs.add(new Expression.Rung(member, !shape.required.contains(name), false));
        }
        boolean open = !others.equals(Expression.NOTHING);
        if (open && shape.leastMembers > Math.max(1, shape.required.size())) {
            throw new StructureException(
                    place,
                    "minProperties above 1 and above the number of required properties is supported only without"
                            + " additionalProperties");
        }
        if (open) {
            rungs.add(new Expression.Rung(layout.member(otherName(names), others), true, true));
        }
        if (names.isEmpty()
                && others == layout.value()
                && shape.leastMembers == 0
                && shape.mostMembers == Expression.UNBOUNDED) {
            return layout.object();
        }
        return layout.object(rungs, shape.leastMembers, shape.mostMembers);
    }

    private Expression otherName(Set<String> names) {
        if (names.isEmpty()) {
            return JsonText.STRING;
        }
        return otherNames.computeIfAbsent(
                new LinkedHashSet<>(names),
                key -> new Expression.Call(new Rule(
                        "another name",
                        sequence(
                                text("\""),
                                new Expression.Regular(TextSets.others(key, effort), Spelling.PRINTED),
                                text("\"")))));
    }
}
