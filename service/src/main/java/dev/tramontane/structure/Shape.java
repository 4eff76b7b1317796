package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a JSON value must be, all conditions at once: one alternative of a schema. Conditions on a kind of value leave other kinds alone. */
final class Shape {
    static final Set<String> ALL_TYPES = Set.of("null", "boolean", "number", "string", "array", "object");

    Set<String> types = new LinkedHashSet<>(ALL_TYPES);
    boolean integer;
    /** Whether a number has a part behind its point that isn't 0. */
    boolean fraction;
    /** Values that it isn't. */
    List<@Nullable Object> excluded = new ArrayList<>();
    /** The only values; null where any will do. */
    @Nullable
    List<@Nullable Object> values;

    NumberBounds bounds = NumberBounds.NONE;
    int leastCharacters;
    int mostCharacters = Expression.UNBOUNDED;
    List<Expression> patterns = new ArrayList<>();
    int leastElements;
    int mostElements = Expression.UNBOUNDED;
    List<Elements> elements = new ArrayList<>();
    /** The place that says that no two elements are equal; null where they may be. */
    @Nullable
    String unique;

    List<Contained> contained = new ArrayList<>();
    int leastMembers;
    int mostMembers = Expression.UNBOUNDED;
    Set<String> required = new LinkedHashSet<>();
    List<Members> members = new ArrayList<>();
    /** Names that no member has. */
    Set<String> forbidden = new LinkedHashSet<>();
    /** What holds of every name, as of a string. */
    List<Part> everyName = new ArrayList<>();
    /** By type: that something more was asked of it, which can't be expressed. A value of such a type is refused, not guessed. */
    Map<String, StructureException> inexpressible = new LinkedHashMap<>();

    /**
     * A schema, by where it stands.
     *
     * @param opposite whether it must not hold
     */
    record Part(String pointer, Object schema, boolean opposite) {
        Part(String pointer, Object schema) {
            this(pointer, schema, false);
        }

        Part negated() {
            return new Part(pointer, schema, !opposite);
        }

        /** Different for whatever means something different. */
        String key() {
            return opposite ? "not " + pointer : pointer;
        }

        boolean isAnything() {
            return Boolean.valueOf(!opposite).equals(schema) || (!opposite && isEmpty());
        }

        boolean isNothing() {
            return Boolean.valueOf(opposite).equals(schema) || (opposite && isEmpty());
        }

        private boolean isEmpty() {
            return schema instanceof Map<?, ?> map && map.isEmpty();
        }
    }

    /** Of how many elements a schema holds. */
    record Contained(Part part, int least, int most) {}

    /**
     * One schema's word on elements: of the first ones each, then of all others; null where it says nothing of one.
     *
     * @param evaluates whether {@code unevaluatedItems} leaves alone what it speaks of
     */
    record Elements(List<@Nullable Part> first, @Nullable Part rest, boolean evaluates) {
        @Nullable
        Part at(int index) {
            return index < first.size() ? first.get(index) : rest;
        }

        Elements underCondition(boolean evaluated) {
            return new Elements(first, rest, evaluates && evaluated);
        }
    }

    /**
     * One schema's word on members: by name (null where it allows a name and says nothing else), by patterns of names, then of all others.
     *
     * @param evaluates whether {@code unevaluatedProperties} leaves alone what it speaks of
     * @param conditional whether it is said under a condition: members come in the order of what is said without
     */
    record Members(
            Map<String, @Nullable Part> named,
            List<NamePattern> patterns,
            @Nullable Part rest,
            boolean evaluates,
            boolean conditional) {
        List<Part> of(String name) {
            List<Part> said = new ArrayList<>();
            Part part = named.get(name);
            if (part != null) {
                said.add(part);
            }
            boolean known = named.containsKey(name);
            for (NamePattern each : patterns) {
                if (each.matches(name)) {
                    known = true;
                    said.add(each.part());
                }
            }
            if (!known && rest != null) {
                said.add(rest);
            }
            return said;
        }

        Members underCondition(boolean evaluated) {
            return new Members(named, patterns, rest, evaluates && evaluated, true);
        }
    }

    /** How much is to be copied, about. */
    int size() {
        return members.size()
                + elements.size()
                + required.size()
                + forbidden.size()
                + patterns.size()
                + excluded.size()
                + contained.size()
                + everyName.size();
    }

    Shape copy() {
        Shape copy = new Shape();
        copy.types = new LinkedHashSet<>(types);
        copy.integer = integer;
        copy.fraction = fraction;
        copy.excluded = new ArrayList<>(excluded);
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
        copy.unique = unique;
        copy.contained = new ArrayList<>(contained);
        copy.everyName = new ArrayList<>(everyName);
        copy.inexpressible = new LinkedHashMap<>(inexpressible);
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
        for (boolean conditional : new boolean[] {false, true}) {
            members.stream()
                    .filter(each -> each.conditional() == conditional)
                    .forEach(each -> names.addAll(each.named().keySet()));
        }
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
        members.forEach(each -> said.addAll(each.of(name)));
        return said;
    }

    /** All that is said of members that no schema names, where none speaks of patterns. */
    List<Part> otherMembers() {
        return members.stream().map(Members::rest).filter(Objects::nonNull).toList();
    }

    /** Numbers that it isn't, ascending. */
    SortedSet<BigDecimal> excludedNumbers() {
        SortedSet<BigDecimal> numbers = new TreeSet<>();
        for (Object each : excluded) {
            if (each instanceof Number number) {
                numbers.add(JsonValues.decimal(number));
            }
        }
        return numbers;
    }

    /** Types of which no value is left are taken out, where that is seen at once. */
    boolean mayHaveValues() {
        if (integer && fraction) {
            types.remove("number");
        }
        if (leastCharacters > mostCharacters) {
            types.remove("string");
        }
        if (leastElements > mostElements
                || contained.stream().anyMatch(each -> each.least() > Math.min(each.most(), mostElements))) {
            types.remove("array");
        }
        if (leastMembers > mostMembers || required.size() > mostMembers || !Collections.disjoint(required, forbidden)) {
            types.remove("object");
        }
        return !types.isEmpty();
    }

    /** Everything but one type is out of the question. */
    Shape only(String type) {
        types.retainAll(Set.of(type));
        return this;
    }
}
