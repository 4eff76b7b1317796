package dev.tramontane.structure;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Values that a schema lists: compared as JSON Schema does, and written. */
final class JsonValues {
    private JsonValues() {}

    /** Exactly what a number in a document said, as far as its reader kept that. No zeros at the end: whole numbers have no scale above 0. */
    static BigDecimal decimal(Number number) {
        BigDecimal value = switch (number) {
            case BigDecimal exact -> exact;
            case BigInteger whole -> new BigDecimal(whole);
            case Long _, Integer _, Short _, Byte _ -> BigDecimal.valueOf(number.longValue());
            default -> new BigDecimal(number.toString());
        };
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    /** A value in which equal ones are equal: 1.0 is 1, and the order of members doesn't count. */
    static @Nullable Object comparable(@Nullable Object value) {
        return switch (value) {
            case Number number -> decimal(number);
            case List<?> list -> {
                List<@Nullable Object> all = new ArrayList<>();
                list.forEach(each -> all.add(comparable(each)));
                yield all;
            }
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> all = new LinkedHashMap<>();
                map.forEach((name, each) -> all.put((String) name, comparable(each)));
                yield all;
            }
            case null, default -> value;
        };
    }

    /** Those of a list that another has, too; all of it where there is no other. Each once. */
    static List<@Nullable Object> common(@Nullable List<@Nullable Object> some, List<?> others) {
        Map<@Nullable Object, @Nullable Object> byMeaning = new LinkedHashMap<>();
        others.forEach(each -> byMeaning.putIfAbsent(comparable(each), each));
        if (some != null) {
            Set<@Nullable Object> mine = new HashSet<>();
            some.forEach(each -> mine.add(comparable(each)));
            byMeaning.keySet().retainAll(mine);
        }
        return new ArrayList<>(byMeaning.values());
    }

    static String type(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Boolean _ -> "boolean";
            case Number _ -> "number";
            case String _ -> "string";
            case List<?> _ -> "array";
            case Map<?, ?> _ -> "object";
            default -> throw new IllegalArgumentException("no JSON value is a " + value.getClass());
        };
    }

    /** All values of a list: those without members or elements as one tree of words, the others with space between their tokens. */
    static Expression oneOf(List<@Nullable Object> values, JsonLayout layout, Effort effort) {
        List<byte[]> words = new ArrayList<>();
        List<Expression> ways = new ArrayList<>();
        for (Object value : values) {
            if (value instanceof List<?> || value instanceof Map<?, ?>) {
                ways.add(one(value, layout, effort));
            } else {
                words.add(scalar(value, effort));
            }
        }
        if (!words.isEmpty()) {
            ways.add(new Expression.Words(words));
        }
        return new Expression.Choice(ways);
    }

    private static Expression one(@Nullable Object value, JsonLayout layout, Effort effort) {
        if (value instanceof List<?> list) {
            List<Expression> elements = new ArrayList<>();
            list.forEach(each -> elements.add(one(each, layout, effort)));
            return layout.array(elements, Expression.NOTHING, elements.size(), elements.size());
        }
        if (value instanceof Map<?, ?> map) {
            List<Expression.Rung> members = new ArrayList<>();
            map.forEach((name, each) -> members.add(
                    new Expression.Rung(layout.member(name((String) name), one(each, layout, effort)), false, false)));
            return layout.object(members, members.size(), members.size());
        }
        return new Expression.Words(List.of(scalar(value, effort)));
    }

    /** A member's name in the one way in which it is written. */
    static Expression name(String name) {
        return new Expression.Words(List.of(Spelling.PRINTED.bytes(name, "\"", "\"")));
    }

    private static byte[] scalar(@Nullable Object value, Effort effort) {
        String text = value instanceof Number number ? decimal(number).toPlainString() : String.valueOf(value);
        effort.spend(4L + text.length() / 4);
        return value instanceof String string
                ? Spelling.PRINTED.bytes(string, "\"", "\"")
                : Spelling.RAW.bytes(text, "", "");
    }
}
