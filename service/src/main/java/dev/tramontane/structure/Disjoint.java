package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Whether no value can satisfy two alternatives of {@code oneOf}: then it is the same as {@code anyOf}. Says yes only where that is certain: by kinds,
 * listed values, bounds, lengths, patterns, or a member that both require with values that are disjoint, as a tag is.
 */
final class Disjoint {
    private static final int MOST_NESTED = 4;
    private static final int COMPARISON = 16;

    private final SchemaReader reader;
    private final Effort effort;
    private final Fits fits;

    Disjoint(SchemaReader reader, Effort effort) {
        this.reader = reader;
        this.effort = effort;
        this.fits = new Fits(reader, effort);
    }

    /** Of each two whether some value may satisfy both. */
    boolean[][] overlaps(List<Shape.Part> ways) {
        effort.spend((long) ways.size() * ways.size()); // Before there is room for as many answers.
        List<List<Shape>> shapes = new ArrayList<>();
        ways.forEach(way -> shapes.add(reader.shapes(List.of(way))));
        boolean[][] overlap = new boolean[ways.size()][ways.size()];
        for (int some = 0; some < shapes.size(); some++) {
            for (int other = 0; other < some; other++) {
                overlap[some][other] = !disjoint(shapes.get(other), shapes.get(some), 0);
                overlap[other][some] = overlap[some][other];
            }
        }
        return overlap;
    }

    private boolean disjoint(List<Shape> some, List<Shape> others, int nested) {
        return some.stream().allMatch(each -> others.stream().allMatch(other -> disjoint(each, other, nested)));
    }

    private boolean disjoint(Shape some, Shape other, int nested) {
        effort.spend(COMPARISON);
        if (some.values != null) {
            return some.values.stream().noneMatch(value -> fits.fits(value, some) && fits.fits(value, other));
        }
        if (other.values != null) {
            return other.values.stream().noneMatch(value -> fits.fits(value, some) && fits.fits(value, other));
        }
        Set<String> common = new TreeSet<>(some.types);
        common.retainAll(other.types);
        return common.stream().allMatch(type -> switch (type) {
            case "number" -> apart(some.bounds, other.bounds);
            case "string" ->
                some.leastCharacters > other.mostCharacters
                        || other.leastCharacters > some.mostCharacters
                        || apart(some.patterns, other.patterns);
            case "array" -> some.leastElements > other.mostElements || other.leastElements > some.mostElements;
            case "object" -> members(some, other, nested) || members(other, some, nested);
            default -> false;
        });
    }

    private static boolean apart(NumberBounds some, NumberBounds other) {
        return isBelow(some, other) || isBelow(other, some);
    }

    private static boolean isBelow(NumberBounds some, NumberBounds other) {
        if (some.greatest() == null || other.least() == null) {
            return false;
        }
        int order = Objects.requireNonNull(some.greatest()).compareTo(Objects.requireNonNull(other.least()));
        return order < 0 || (order == 0 && (some.below() || other.above()));
    }

    private boolean apart(List<Expression> some, List<Expression> others) {
        return some.stream()
                .anyMatch(each -> others.stream().anyMatch(other -> Operations.isEmpty(product(each, other))));
    }

    private Automaton product(Expression some, Expression other) {
        return TextSets.both(fits.automaton(some), fits.automaton(other), effort);
    }

    /** A member that one requires and the other forbids, or that both require with disjoint values. */
    private boolean members(Shape some, Shape other, int nested) {
        if (nested == MOST_NESTED) {
            return false;
        }
        for (String name : some.required) {
            effort.spend(COMPARISON + other.members.size());
            List<Shape> others = reader.shapes(other.member(name));
            if (others.isEmpty()
                    || (other.required.contains(name)
                            && disjoint(reader.shapes(some.member(name)), others, nested + 1))) {
                return true;
            }
        }
        return false;
    }
}
