package dev.tramontane.json;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The values of a field that are served, as messages list them. */
final class Served {
    private Served() {}

    /** {@code "auto", "default"}: each once, in the order given. */
    static String words(Object... values) {
        return Arrays.stream(values).map(Served::word).distinct().collect(Collectors.joining(", "));
    }

    private static String word(Object value) {
        return switch (value) {
            case List<?> list when list.isEmpty() -> "an empty array";
            case List<?> list -> list.stream().map(Served::json).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map when map.isEmpty() -> "an empty object";
            default -> json(value);
        };
    }

    private static String json(Object value) {
        return switch (value) {
            case String text -> '"' + text + '"';
            case Double number when number == Math.rint(number) -> Long.toString(number.longValue());
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(field -> json(field.getKey()) + ": " + json(field.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.toString();
        };
    }
}
