package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;
import org.jspecify.annotations.Nullable;

/** Whether a value that a schema lists satisfies what else the schema says. */
final class Fits {
    private final SchemaReader reader;
    private final Effort effort;
    /** What is asked of many values is made once. */
    private final IdentityHashMap<Expression, Automaton> automata = new IdentityHashMap<>();

    private final IdentityHashMap<List<@Nullable Object>, Set<@Nullable Object>> listed = new IdentityHashMap<>();

    Fits(SchemaReader reader, Effort effort) {
        this.reader = reader;
        this.effort = effort;
    }

    /** What a pattern allows. */
    Automaton automaton(Expression pattern) {
        return automata.computeIfAbsent(pattern, key -> TextSets.of(key, TextSets.PATTERN, effort));
    }

    boolean fits(@Nullable Object value, List<Shape.Part> parts) {
        return reader.shapes(parts).stream().anyMatch(shape -> fits(value, shape));
    }

    boolean fits(@Nullable Object value, Shape shape) {
        return isListed(value, shape.values) && fitsRest(value, shape);
    }

    private boolean isListed(@Nullable Object value, @Nullable List<@Nullable Object> values) {
        return values == null
                || listed.computeIfAbsent(values, key -> {
                            effort.spend(key.size());
                            Set<@Nullable Object> all = new HashSet<>();
                            key.forEach(each -> all.add(JsonValues.comparable(each)));
                            return all;
                        })
                        .contains(JsonValues.comparable(value));
    }

    /** Whether a value that is listed satisfies all else. */
    boolean fitsRest(@Nullable Object value, Shape shape) {
        effort.spend(1);
        String type = JsonValues.type(value);
        if (!shape.types.contains(type) || isExcluded(value, shape)) {
            return false;
        }
        StructureException more = shape.inexpressible.get(type);
        if (more != null) {
            throw more;
        }
        switch (value) {
            case List<?> list -> effort.spend((long) list.size() * shape.elements.size() / Contradictions.MEMBERS);
            case Map<?, ?> map -> effort.spend((long) map.size() * shape.members.size() / Contradictions.MEMBERS);
            case null, default -> {}
        }
        return switch (value) {
            case Number number -> {
                BigDecimal decimal = JsonValues.decimal(number);
                yield shape.bounds.contain(decimal)
                        && (!shape.integer || decimal.scale() <= 0)
                        && (!shape.fraction || decimal.scale() > 0);
            }
            case String text -> {
                int length = text.codePointCount(0, text.length());
                yield length >= shape.leastCharacters
                        && length <= shape.mostCharacters
                        && shape.patterns.stream().allMatch(each -> TextSets.accepts(automaton(each), text, effort));
            }
            case List<?> list -> {
                boolean fits = list.size() >= shape.leastElements && list.size() <= shape.mostElements;
                for (int at = 0; fits && at < list.size(); at++) {
                    fits = fits(list.get(at), shape.element(at));
                }
                yield fits && (shape.unique == null || areDifferent(list)) && contain(list, shape);
            }
            case Map<?, ?> map ->
                map.size() >= shape.leastMembers
                        && map.size() <= shape.mostMembers
                        && map.keySet().containsAll(shape.required)
                        && map.keySet().stream().allMatch(name -> isName((String) name, shape))
                        && map.entrySet().stream()
                                .allMatch(each -> fits(each.getValue(), shape.member((String) each.getKey())));
            case null, default -> true;
        };
    }

    private boolean isExcluded(@Nullable Object value, Shape shape) {
        return !shape.excluded.isEmpty() && isListed(value, shape.excluded);
    }

    /** All strings of a shape that doesn't list its values. */
    Automaton texts(Shape shape) {
        List<Automaton> conditions = new ArrayList<>();
        shape.patterns.forEach(pattern -> conditions.add(automaton(pattern)));
        Set<String> not = new LinkedHashSet<>();
        for (Object value : shape.excluded) {
            if (value instanceof String text) {
                not.add(text);
            }
        }
        if (!not.isEmpty() || conditions.isEmpty()) {
            conditions.add(TextSets.others(not, effort));
        }
        Automaton all = conditions.getFirst();
        for (Automaton each : conditions.subList(1, conditions.size())) {
            all = TextSets.both(all, each, effort);
        }
        return shape.leastCharacters == 0 && shape.mostCharacters == Expression.UNBOUNDED
                ? all
                : TextSets.bounded(all, shape.leastCharacters, shape.mostCharacters, effort);
    }

    /** Whether a member may have a name, whatever its value. */
    boolean isName(String name, Shape shape) {
        return shape.everyName.isEmpty() || fits(name, shape.everyName);
    }

    private static boolean areDifferent(List<?> list) {
        Set<@Nullable Object> all = new HashSet<>();
        return list.stream().allMatch(each -> all.add(JsonValues.comparable(each)));
    }

    private boolean contain(List<?> list, Shape shape) {
        return shape.contained.stream().allMatch(each -> {
            long count = list.stream()
                    .filter(element -> fits(element, List.of(each.part())))
                    .count();
            return count >= each.least() && count <= each.most();
        });
    }
}
