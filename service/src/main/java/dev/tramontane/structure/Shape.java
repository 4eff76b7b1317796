package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a JSON value must be, all conditions at once: one alternative of a schema. Conditions on a kind of value leave other kinds alone. */
final class Shape {
    static final Set<String> ALL_TYPES = Set.of("null", "boolean", "number", "string", "array", "object");

    Set<String> types = new LinkedHashSet<>(ALL_TYPES);
    boolean integer;
    /** The only values; null where any will do. */
    @Nullable
    List<@Nullable Object> values;

    Bounds bounds = Bounds.NONE;
    int leastCharacters;
    int mostCharacters = Expression.UNBOUNDED;
    List<Expression> patterns = new ArrayList<>();
    int leastElements;
    int mostElements = Expression.UNBOUNDED;
    List<Elements> elements = new ArrayList<>();
    int leastMembers;
    int mostMembers = Expression.UNBOUNDED;
    Set<String> required = new LinkedHashSet<>();
    List<Members> members = new ArrayList<>();
    /** Names that no member has. */
    Set<String> forbidden = new LinkedHashSet<>();

    /** A schema, by where it stands. */
    record Part(String pointer, Object schema) {}

    /**
     * Bounds of numbers.
     *
     * @param least null for none, as the greatest
     * @param above whether the least itself is left out; {@code below} likewise
     */
    record Bounds(
            @Nullable BigDecimal least,
            boolean above,
            @Nullable BigDecimal greatest,
            boolean below,
            List<BigDecimal> multiplesOf) {
        static final Bounds NONE = new Bounds(null, false, null, false, List.of());

        Bounds atLeast(BigDecimal value, boolean left) {
            int order = least == null ? 1 : value.compareTo(least);
            return order > 0 || (order == 0 && left) ? new Bounds(value, left, greatest, below, multiplesOf) : this;
        }

        Bounds atMost(BigDecimal value, boolean left) {
            int order = greatest == null ? -1 : value.compareTo(greatest);
            return order < 0 || (order == 0 && left) ? new Bounds(least, above, value, left, multiplesOf) : this;
        }

        Bounds multipleOf(BigDecimal value) {
            List<BigDecimal> all = new ArrayList<>(multiplesOf);
            all.add(value);
            return new Bounds(least, above, greatest, below, List.copyOf(all));
        }

        boolean contain(BigDecimal value) {
            return (least == null || value.compareTo(least) >= (above ? 1 : 0))
                    && (greatest == null || value.compareTo(greatest) <= (below ? -1 : 0))
                    && multiplesOf.stream()
                            .allMatch(each -> value.remainder(each).signum() == 0);
        }
    }

    /** One schema's word on elements: of the first ones each, then of all others; null where it says nothing of one. */
    record Elements(List<@Nullable Part> first, @Nullable Part rest) {
        @Nullable
        Part at(int index) {
            return index < first.size() ? first.get(index) : rest;
        }
    }

    /** One schema's word on members: by name (null where it allows a name and says nothing else), then of all others. */
    record Members(
            Map<String, @Nullable Part> named, @Nullable Part rest) {
        @Nullable
        Part of(String name) {
            return named.containsKey(name) ? named.get(name) : rest;
        }
    }

    /** How much is to be copied, about. */
    int size() {
        return members.size() + elements.size() + required.size() + forbidden.size() + patterns.size();
    }

    Shape copy() {
        Shape copy = new Shape();
        copy.types = new LinkedHashSet<>(types);
        copy.integer = integer;
        copy.values = values;
        copy.bounds = bounds;
        copy.leastCharacters = leastCharacters;
        copy.mostCharacters = mostCharacters;
        copy.patterns = new ArrayList<>(patterns);
        copy.leastElements = leastElements;
        copy.mostElements = mostElements;
        copy.elements = new ArrayList<>(elements);
        copy.leastMembers = leastMembers;
        copy.mostMembers = mostMembers;
        copy.required = new LinkedHashSet<>(required);
        copy.members = new ArrayList<>(members);
        copy.forbidden = new LinkedHashSet<>(forbidden);
        return copy;
    }

    /** All that is said of an element. */
    List<Part> element(int index) {
        List<Part> said = new ArrayList<>();
        for (Elements each : elements) {
            Part part = each.at(index);
            if (part != null) {
                said.add(part);
            }
        }
        return said;
    }

    /** How many elements are told apart from all that follow. */
    int toldApart() {
        return elements.stream().mapToInt(each -> each.first().size()).max().orElse(0);
    }

    /** All names that some schema names, in their order. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        members.forEach(each -> names.addAll(each.named().keySet()));
        names.addAll(required);
        names.addAll(forbidden);
        return names;
    }

    /** All that is said of a member. */
    List<Part> member(String name) {
        List<Part> said = new ArrayList<>();
        if (forbidden.contains(name)) {
            said.add(new Part("", false));
        }
        for (Members each : members) {
            Part part = each.of(name);
            if (part != null) {
                said.add(part);
            }
        }
        return said;
    }

    /** All that is said of members that no schema names. */
    List<Part> otherMembers() {
        return members.stream()
                .map(Members::rest)
                .filter(java.util.Objects::nonNull)
                .toList();
    }
}
