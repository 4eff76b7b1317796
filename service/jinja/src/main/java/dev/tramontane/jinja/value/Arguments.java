package dev.tramontane.jinja.value;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call. */
public record Arguments(List<Value> positional, Map<String, Value> named) {

    public static final Arguments NONE = new Arguments(List.of(), Map.of());

    /** Matches them with parameters, as Python does. */
    public Bound bind(String function, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new TemplateException(function + "() takes at most " + parameters.length + " arguments but "
                    + positional.size() + " were given");
        }
        @Nullable Value[] values = new @Nullable Value[parameters.length];
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        for (Map.Entry<String, Value> entry : named.entrySet()) {
            int index = Arrays.asList(parameters).indexOf(entry.getKey());
            if (index < 0) {
                throw new TemplateException(function + "() has no parameter '" + entry.getKey() + "'");
            }
            if (values[index] != null) {
                throw new TemplateException(function + "() got two values for '" + entry.getKey() + "'");
            }
            values[index] = entry.getValue();
        }
        return new Bound(function, parameters, values);
    }

    /** The arguments from the given position on. */
    public Arguments from(int position) {
        return new Arguments(positional.subList(Math.min(position, positional.size()), positional.size()), named);
    }

    /** Arguments by parameter. */
    public static final class Bound {
        private final String function;
        private final String[] parameters;
        private final @Nullable Value[] values;

        Bound(String function, String[] parameters, @Nullable Value[] values) {
            this.function = function;
            this.parameters = parameters;
            this.values = values;
        }

        public @Nullable Value find(int index) {
            return values[index];
        }

        public Value get(int index) {
            Value value = values[index];
            if (value == null) {
                throw new TemplateException(function + "() needs an argument '" + parameters[index] + "'");
            }
            return value;
        }

        public Value get(int index, Value otherwise) {
            Value value = values[index];
            return value == null ? otherwise : value;
        }

        public Text text(int index) {
            Value value = get(index);
            if (value instanceof Text text) {
                return text;
            }
            throw wrong(index, "a string", value);
        }

        /** Null where it is absent or None. */
        public @Nullable Text findText(int index) {
            Value value = values[index];
            return value == null || value instanceof Value.None ? null : text(index);
        }

        public long integer(int index) {
            Value value = get(index);
            if (value instanceof Value.Int number) {
                return number.clamped(Long.MIN_VALUE, Long.MAX_VALUE); // No parameter takes one as large.
            }
            if (value instanceof Value.Bool bool) {
                return bool.number();
            }
            throw wrong(index, "an integer", value);
        }

        public long integer(int index, long otherwise) {
            return values[index] == null ? otherwise : integer(index);
        }

        public boolean truth(int index, boolean otherwise) {
            Value value = values[index];
            return value == null ? otherwise : Types.truth(value);
        }

        private TemplateException wrong(int index, String expected, Value found) {
            return found instanceof Undefined undefined
                    ? undefined.used()
                    : new TemplateException(function + "() needs " + expected + " as '" + parameters[index] + "', not "
                            + Types.shown(found));
        }
    }
}
