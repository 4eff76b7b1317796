package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Random schemas of few names and small values, with the keywords that mean opposites or tell members and elements apart, within each other: so small
 * that most conditions meet. And values of the same few.
 */
final class ConditionGenerator {
    private static final List<String> NAMES = List.of("a", "b", "ab", "x1");
    private static final List<String> PATTERNS = List.of("^a", "b$", "^[ab]+$", "[0-9]", "^x?$");

    private final Random random;

    ConditionGenerator(Random random) {
        this.random = random;
    }

    /** A schema of one to three conditions. */
    Map<String, @Nullable Object> schema(int depth) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        for (int count = 1 + random.nextInt(3); count > 0; count--) {
            condition(schema, depth);
        }
        return schema;
    }

    private void condition(Map<String, @Nullable Object> schema, int depth) {
        switch (random.nextInt(depth == 0 ? 5 : 16)) {
            case 0 -> schema.put("type", types());
            case 1 -> schema.put("enum", values(1 + random.nextInt(4)));
            case 2 -> schema.put("const", value(1));
            case 3 -> {
                schema.put(
                        List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
                                .get(random.nextInt(5)),
                        1L + random.nextInt(2));
            }
            case 4 -> {
                schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
                schema.put(random.nextBoolean() ? "minLength" : "maxLength", (long) random.nextInt(3));
            }
            case 5 -> {
                schema.put("type", "array");
                schema.put("items", schema(depth - 1));
                schema.put(random.nextBoolean() ? "minItems" : "maxItems", (long) random.nextInt(3));
            }
            case 6 -> {
                schema.put("contains", schema(depth - 1));
                schema.put(random.nextBoolean() ? "minContains" : "maxContains", (long) random.nextInt(3));
            }
            case 7 -> {
                schema.put("type", "array");
                schema.put("items", Map.of("enum", values(4)));
                schema.put("uniqueItems", true);
            }
            case 8 -> {
                Map<String, @Nullable Object> properties = new LinkedHashMap<>();
                for (int count = 1 + random.nextInt(2); count > 0; count--) {
                    properties.put(name(), schema(depth - 1));
                }
                schema.put("properties", properties);
                schema.put("required", List.of(name()));
            }
            case 9 -> {
                schema.put("patternProperties", Map.of(PATTERNS.get(random.nextInt(4)), schema(depth - 1)));
                if (random.nextBoolean()) {
                    schema.put("additionalProperties", random.nextBoolean() ? false : schema(depth - 1));
                }
            }
            case 10 -> schema.put("propertyNames", schema(0));
            case 11 -> schema.put("not", schema(depth - 1));
            case 12 -> {
                schema.put("if", schema(depth - 1));
                schema.put("then", schema(depth - 1));
                if (random.nextBoolean()) {
                    schema.put("else", schema(depth - 1));
                }
            }
            case 13 -> schema.put("oneOf", List.of(schema(depth - 1), schema(depth - 1)));
            case 14 ->
                schema.put(random.nextBoolean() ? "anyOf" : "allOf", List.of(schema(depth - 1), schema(depth - 1)));
            default -> schema.put("dependentRequired", Map.of(name(), List.of(name())));
        }
    }

    private Object types() {
        List<String> all = List.of("null", "boolean", "number", "integer", "string", "array", "object");
        Set<String> some = new LinkedHashSet<>();
        for (int count = 1 + random.nextInt(3); count > 0; count--) {
            some.add(all.get(random.nextInt(all.size())));
        }
        if (some.contains("number")) {
            some.remove("integer"); // The judge rounds before it compares with bounds where both are named.
        }
        return List.copyOf(some);
    }

    private List<@Nullable Object> values(int count) {
        Set<@Nullable Object> all = new LinkedHashSet<>();
        for (int each = 0; each < count; each++) {
            all.add(value(random.nextInt(8) == 0 ? 1 : 0));
        }
        return new ArrayList<>(all);
    }

    private String name() {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    /** Some small value, whatever any schema says. */
    @Nullable
    Object value(int depth) {
        return switch (random.nextInt(depth == 0 ? 8 : 14)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2, 3 -> (long) random.nextInt(4);
            case 4 -> List.of(0.5, 1.5, 2.5).get(random.nextInt(3));
            case 5, 6, 7 -> List.of("", "a", "b", "ab", "x1", "1").get(random.nextInt(6));
            case 8, 9 -> {
                List<@Nullable Object> list = new ArrayList<>();
                for (int count = random.nextInt(4); count > 0; count--) {
                    list.add(value(depth - 1));
                }
                yield list;
            }
            default -> {
                Map<String, @Nullable Object> members = new LinkedHashMap<>();
                // Those within others have one member at most, so that there is one order of them.
                for (int count = random.nextInt(depth == 2 ? 4 : 2); count > 0; count--) {
                    members.put(name(), value(depth - 1));
                }
                yield members;
            }
        };
    }

    /** The same value with its members, those of the whole only, in every order. */
    static List<Object> orders(@Nullable Object value) {
        List<Object> orders = new ArrayList<>();
        if (value instanceof Map<?, ?> members && members.size() > 1) {
            for (Object first : members.keySet()) {
                Map<Object, @Nullable Object> rest = new LinkedHashMap<>(members);
                rest.remove(first);
                for (Object order : orders(rest)) {
                    Map<Object, @Nullable Object> all = new LinkedHashMap<>();
                    all.put(first, members.get(first));
                    ((Map<?, ?>) order).forEach(all::put);
                    orders.add(all);
                }
            }
        } else if (value != null) {
            orders.add(value);
        }
        return orders;
    }
}
