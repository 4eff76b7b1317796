package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;
import org.jspecify.annotations.Nullable;

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
    private final ArrayShapes arrays;
    private final Map<List<String>, Rule> rules = new HashMap<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Map<Set<String>, Expression> otherNames = new HashMap<>();

    private SchemaCompiler(Object schema, JsonLayout layout, Effort effort) {
        this.layout = layout;
        this.effort = effort;
        this.reader = new SchemaReader(schema, effort);
        this.fits = new Fits(reader, effort);
        this.arrays = new ArrayShapes(this::value, reader, fits, layout, effort);
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
            if (part.isNothing()) {
                return Expression.NOTHING;
            }
            if (!part.isAnything()) {
                distinct.put(part.key(), part);
            }
        }
        if (distinct.isEmpty()) {
            return layout.value();
        }
        Rule known = rules.get(List.copyOf(distinct.keySet()));
        if (known == null) {
            known = new Rule(JsonPointer.shown(distinct.firstEntry().getValue().pointer()));
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
            StructureException more = shape.inexpressible.get(type);
            if (more != null) {
                throw more;
            }
            if (shape.excluded.stream()
                    .anyMatch(each -> (each instanceof List<?> || each instanceof Map<?, ?>)
                            && type.equals(JsonValues.type(each)))) {
                throw new StructureException(
                        place, "any " + type + " but one that is listed is not supported: list those that may be");
            }
            ways.add(
                    switch (type) {
                        case "null" -> listed(shape, Collections.singletonList(null));
                        case "boolean" -> listed(shape, List.of(true, false));
                        case "number" -> numbers(shape, place);
                        case "string" -> string(shape, place);
                        case "array" -> arrays.of(shape);
                        default -> object(shape, place);
                    });
        }
        return new Expression.Choice(ways);
    }

    private Expression listed(Shape shape, List<@Nullable Object> values) {
        return JsonValues.oneOf(
                values.stream().filter(value -> fits.fitsRest(value, shape)).toList(), layout, effort);
    }

    private Expression numbers(Shape shape, String place) {
        if (shape.bounds.equals(NumberBounds.NONE)
                && !shape.fraction
                && shape.excludedNumbers().isEmpty()) {
            return shape.integer ? JsonText.INTEGER : JsonText.NUMBER;
        }
        try {
            return Decimals.of(shape, effort);
        } catch (StructureException tooLarge) {
            throw new StructureException(place, String.valueOf(tooLarge.getMessage()));
        }
    }

    private Expression string(Shape shape, String place) {
        boolean anyLength = shape.leastCharacters == 0 && shape.mostCharacters == Expression.UNBOUNDED;
        if (shape.leastCharacters > shape.mostCharacters) {
            return Expression.NOTHING;
        }
        boolean excludes = shape.excluded.stream().anyMatch(String.class::isInstance);
        if (shape.patterns.isEmpty() && !excludes) {
            return anyLength ? JsonText.STRING : JsonText.string(shape.leastCharacters, shape.mostCharacters);
        }
        if (shape.patterns.size() == 1 && anyLength && !excludes) {
            return sequence(text("\""), shape.patterns.getFirst(), text("\""));
        }
        try {
            return sequence(text("\""), new Expression.Regular(fits.texts(shape), Spelling.PRINTED), text("\""));
        } catch (StructureException tooLarge) {
            throw new StructureException(place, String.valueOf(tooLarge.getMessage()));
        }
    }

    @SuppressWarnings("ReferenceEquality") // there is one expression of any value
    private Expression object(Shape shape, String place) {
        Set<String> names = shape.names();
        effort.spend((long) names.size() * (MEMBER + shape.members.size()));
        List<Expression.Rung> rungs = new ArrayList<>();
        for (String name : names) {
            Expression value = fits.isName(name, shape) ? value(shape.member(name)) : Expression.NOTHING;
            rungs.add(new Expression.Rung(
                    layout.member(JsonValues.name(name), value), !shape.required.contains(name), false));
        }
        if (names.isEmpty()
                && OtherMembers.areAlike(shape)
                && value(shape.otherMembers()) == layout.value()
                && shape.leastMembers == 0
                && shape.mostMembers == Expression.UNBOUNDED) {
            return layout.object();
        }
        Expression others = otherMembers(shape, names, place);
        boolean open = !others.equals(Expression.NOTHING);
        if (open && shape.leastMembers > Math.max(1, shape.required.size())) {
            throw new StructureException(
                    place,
                    "minProperties above 1 and above the number of required properties is supported only without"
                            + " additionalProperties");
        }
        if (open) {
            rungs.add(new Expression.Rung(others, true, true));
        }
        return layout.object(rungs, shape.leastMembers, shape.mostMembers);
    }

    /** Each of the members that no schema names; nothing where there are none. */
    private Expression otherMembers(Shape shape, Set<String> names, String place) {
        if (OtherMembers.areAlike(shape)) {
            Expression value = value(shape.otherMembers());
            return value.equals(Expression.NOTHING) ? value : layout.member(otherName(names), value);
        }
        List<OtherMembers.Kind> kinds;
        try {
            kinds = new OtherMembers(reader, fits, effort).kinds(shape, names);
        } catch (StructureException tooLarge) {
            throw new StructureException(place, String.valueOf(tooLarge.getMessage()));
        }
        Map<Expression, List<Automaton>> byValue = new LinkedHashMap<>();
        for (OtherMembers.Kind kind : kinds) {
            Expression value = value(kind.said());
            if (!value.equals(Expression.NOTHING)) {
                byValue.computeIfAbsent(value, key -> new ArrayList<>()).add(kind.names());
            }
        }
        List<Expression> ways = new ArrayList<>();
        byValue.forEach((value, its) -> ways.add(layout.member(named(TextSets.any(its)), value)));
        return ways.isEmpty() ? Expression.NOTHING : new Expression.Choice(ways);
    }

    private Expression otherName(Set<String> names) {
        if (names.isEmpty()) {
            return JsonText.STRING;
        }
        return otherNames.computeIfAbsent(new LinkedHashSet<>(names), key -> named(TextSets.others(key, effort)));
    }

    private static Expression named(Automaton names) {
        return new Expression.Call(new Rule(
                "another name", sequence(text("\""), new Expression.Regular(names, Spelling.PRINTED), text("\""))));
    }
}
