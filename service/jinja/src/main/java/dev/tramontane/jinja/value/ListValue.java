package dev.tramontane.jinja.value;

import java.util.List;

/** A list, or with {@code tuple} a tuple. Unchangeable: templates run as in jinja2's immutable sandbox. */
public record ListValue(List<Value> items, boolean tuple) implements Value {

    public static ListValue list(List<Value> items) {
        return new ListValue(items, false);
    }

    public static ListValue tuple(List<Value> items) {
        return new ListValue(items, true);
    }

    public static ListValue tuple(Value... items) {
        return new ListValue(List.of(items), true);
    }
}
