package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code value.name} and {@code value[key]} as jinja2's immutable sandbox has them. There is no reflection: what can be
 * reached are keys of dictionaries, elements, the methods in {@link TextMethods} and {@link ContainerMethods}, and what
 * the interpreter's own objects name.
 */
final class Access {
    /** Methods that change a list or dictionary. */
    private static final Set<String> CHANGING = Set.of(
            "append",
            "clear",
            "extend",
            "insert",
            "pop",
            "popitem",
            "remove",
            "reverse",
            "setdefault",
            "sort",
            "update");

    private Access() {}

    /** {@code of.name}: a method, or else the element of that key. */
    static Value attribute(Value of, String name, Rendering rendering) {
        if (of instanceof Undefined undefined) {
            throw undefined.used();
        }
        Value method = method(of, name, rendering);
        if (method != null) {
            return method;
        }
        Value element = of instanceof DictValue dict ? dict.get(name) : null;
        return element != null ? element : missing(of, name);
    }

    /** {@code of[key]}: an element, or else the attribute of that name. */
    static Value item(Value of, Value key, Rendering rendering) {
        if (of instanceof Undefined undefined) {
            throw undefined.used();
        }
        if (of instanceof DictValue dict && isHashable(key)) {
            Value value = dict.get(key);
            if (value != null) {
                return value;
            }
        }
        if (key instanceof Value.Int || key instanceof Value.Bool) {
            BigInteger index = Arithmetic.whole(key);
            Value element = index.bitLength() < Long.SIZE ? element(of, index.longValue(), rendering) : null;
            return element != null ? element : Undefined.element(of, index.toString());
        }
        if (key instanceof Text name) {
            Value method = method(of, name.chars(), rendering);
            return method != null ? method : missing(of, name.chars());
        }
        return Undefined.element(of, Printer.repr(key, rendering.budget()).chars());
    }

    private static boolean isHashable(Value key) {
        return key instanceof Text
                || key instanceof Value.Int
                || key instanceof Value.Real
                || key instanceof Value.Bool
                || key instanceof Value.None;
    }

    private static @Nullable Value element(Value of, long index, Rendering rendering) {
        if (!(of instanceof Text || of instanceof ListValue || of instanceof Value.Range)) {
            return null;
        }
        int length = Types.length(of);
        long at = index < 0 ? index + length : index;
        if (at < 0 || at >= length) {
            return null;
        }
        return switch (of) {
            case Text text -> {
                rendering.budget().read(at);
                int from = text.offset((int) at);
                yield text.substring(
                        from, from + Character.charCount(text.chars().codePointAt(from)));
            }
            case ListValue list -> list.items().get((int) at);
            case Value.Range range -> range.get((int) at);
            default -> null;
        };
    }

    private static @Nullable Value method(Value of, String name, Rendering rendering) {
        return switch (of) {
            case Text text -> TextMethods.find(text, name, rendering);
            case DictValue dict -> ContainerMethods.find(dict, name);
            case ListValue list -> ContainerMethods.find(list, name, rendering);
            case HostObject object -> object.attribute(name);
            case Value.Real real
            when name.equals("is_integer") ->
                new Function(name, arguments -> Value.Bool.of(real.value() == Math.rint(real.value())));
            default -> null;
        };
    }

    private static Undefined missing(Value of, String name) {
        boolean container = of instanceof DictValue || of instanceof ListValue;
        if (name.startsWith("_") || (container && CHANGING.contains(name))) {
            return new Undefined("the attribute '" + name + "' of " + Types.shown(of) + " is not for templates");
        }
        return Undefined.attribute(of, name);
    }

    /** What {@code attribute=} of filters means: names and numbers with dots between them. */
    static Value path(Value of, Value path, Rendering rendering) {
        Value value = of;
        for (Value step : steps(path, rendering)) {
            value = item(value, step, rendering);
        }
        return value;
    }

    private static List<Value> steps(Value path, Rendering rendering) {
        if (!(path instanceof Text text)) {
            return List.of(path);
        }
        rendering.budget().spend(text.chars().length());
        List<Value> steps = new ArrayList<>();
        for (String step : text.chars().split("\\.", -1)) {
            boolean number =
                    !step.isEmpty() && step.length() < 10 && step.chars().allMatch(c -> c >= '0' && c <= '9');
            steps.add(number ? new Value.Int(Long.parseLong(step)) : Text.trusted(step));
        }
        return steps;
    }
}
