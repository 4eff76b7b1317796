package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The functions that every template has: jinja2's, and those that transformers adds. */
final class Globals {
    private static final int LONGEST_RANGE = 100_000;
    private static final int LONGEST_REASON = 2_000;

    private Globals() {}

    static Scope scope(Rendering rendering) {
        Scope scope = new Scope(null);
        put(scope, "range", Globals::range);
        put(scope, "dict", arguments -> dict(arguments, rendering));
        put(scope, "namespace", arguments -> new Namespace(dict(arguments, rendering)));
        put(scope, "raise_exception", arguments -> raise(arguments, rendering));
        put(scope, "strftime_now", arguments -> {
            Text format = arguments.bind("strftime_now", "format").text(0);
            return Text.of(Strftime.format(rendering.now().get(), format.chars()), format.isAllTrusted());
        });
        put(scope, "joiner", arguments -> {
            Value separator = arguments.bind("joiner", "sep").get(0, Text.trusted(", "));
            boolean[] used = {false};
            return new Function("joiner", _ -> {
                Value result = used[0] ? separator : Text.EMPTY;
                used[0] = true;
                return result;
            });
        });
        put(scope, "cycler", arguments -> new Cycler(arguments.positional()));
        return scope;
    }

    private static void put(Scope scope, String name, Function.Body body) {
        scope.set(name, new Function(name, body));
    }

    private static Value range(Arguments arguments) {
        Bound bound = arguments.bind("range", "start", "stop", "step");
        boolean one = bound.find(1) == null;
        long start = one ? 0 : bound.integer(0);
        long stop = one ? bound.integer(0) : bound.integer(1);
        long step = bound.integer(2, 1);
        if (step == 0) {
            throw new TemplateException("the step of range() cannot be zero");
        }
        // In doubles, which are exact enough to tell whether it is too long.
        double exact = ((double) stop - start) / step;
        if (exact > LONGEST_RANGE) {
            throw new TemplateException("a range has more than " + LONGEST_RANGE + " elements");
        }
        long span = exact <= 0 ? 0 : Math.abs(stop - start);
        return new Value.Range(start, step, span == 0 ? 0 : (int) ((span - 1) / Math.abs(step) + 1));
    }

    private static DictValue dict(Arguments arguments, Rendering rendering) {
        DictValue dict = new DictValue();
        if (arguments.positional().size() > 1) {
            throw new TemplateException("dict() takes at most one argument");
        }
        for (Value from : arguments.positional()) {
            if (from instanceof DictValue other) {
                dict.putAll(other);
                continue;
            }
            for (Value pair : Types.elements(from, rendering.budget())) {
                List<Value> parts = Types.elements(pair, rendering.budget());
                if (parts.size() != 2) {
                    throw new TemplateException("dict needs pairs of a key and a value");
                }
                dict.put(parts.get(0), parts.get(1));
            }
        }
        arguments.named().forEach((key, value) -> dict.put(Text.trusted(key), value));
        return dict;
    }

    private static Value raise(Arguments arguments, Rendering rendering) {
        Value message = arguments.bind("raise_exception", "message").get(0);
        String reason = Printer.text(message, rendering.budget()).chars();
        throw TemplateException.raised(
                reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) + "..." : reason);
    }

    /** {@code cycler(...)}. */
    private static final class Cycler implements HostObject {
        private final List<Value> items;
        private int at;

        Cycler(List<Value> items) {
            if (items.isEmpty()) {
                throw new TemplateException("cycler() needs at least one item");
            }
            this.items = ListValue.tuple(items).items();
        }

        @Override
        public String typeName() {
            return "Cycler";
        }

        @Override
        public @Nullable Value attribute(String name) {
            return switch (name) {
                case "current" -> items.get(at);
                case "next" ->
                    new Function(name, _ -> {
                        Value current = items.get(at);
                        at = (at + 1) % items.size();
                        return current;
                    });
                case "reset" ->
                    new Function(name, _ -> {
                        at = 0;
                        return Value.None.NONE;
                    });
                default -> null;
            };
        }
    }
}
