package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The tests of {@code jinja2/tests.py}. */
final class Tests {

    /** A test by name. */
    interface Test {
        boolean holds(Value value, Arguments arguments, Rendering rendering);
    }

    private interface Comparing {
        boolean holds(Value value, Value other, Rendering rendering);
    }

    private static final Map<String, Test> ALL = new HashMap<>();

    static {
        plain("defined", value -> !(value instanceof Undefined));
        plain("undefined", value -> value instanceof Undefined);
        plain("none", value -> value instanceof Value.None);
        plain("string", value -> value instanceof Text);
        plain("mapping", value -> value instanceof DictValue);
        plain("boolean", value -> value instanceof Value.Bool);
        plain("integer", value -> value instanceof Value.Int);
        plain("float", value -> value instanceof Value.Real);
        plain(
                "number",
                value -> value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool);
        plain("true", value -> value == Value.Bool.TRUE);
        plain("false", value -> value == Value.Bool.FALSE);
        plain("sequence", Tests::isSequence);
        plain("iterable", Types::isIterable);
        plain(
                "callable",
                value -> value instanceof Undefined || (value instanceof HostObject object && object.isCallable()));
        plain("escaped", value -> value instanceof Text text && text.isMarkup());
        plain("odd", value -> !divides(new Value.Int(2), value));
        plain("even", value -> divides(new Value.Int(2), value));
        ALL.put("lower", (value, _, rendering) -> TextCases.isLower(Printer.text(value, rendering.budget())));
        ALL.put("upper", (value, _, rendering) -> TextCases.isUpper(Printer.text(value, rendering.budget())));
        plain("filter", value -> value instanceof Text name && Filters.names().contains(name.chars()));
        plain("test", value -> value instanceof Text name && names().contains(name.chars()));
        comparing((value, other, _) -> divides(other, value), "divisibleby");
        comparing((value, other, rendering) -> Types.equal(value, other, rendering.budget()), "eq", "==", "equalto");
        comparing((value, other, rendering) -> !Types.equal(value, other, rendering.budget()), "ne", "!=");
        comparing((value, other, rendering) -> ordered("<", value, other, rendering), "lt", "<", "lessthan");
        comparing((value, other, rendering) -> ordered("<=", value, other, rendering), "le", "<=");
        comparing((value, other, rendering) -> ordered(">", value, other, rendering), "gt", ">", "greaterthan");
        comparing((value, other, rendering) -> ordered(">=", value, other, rendering), "ge", ">=");
        comparing((value, other, rendering) -> Types.contains(other, value, rendering.budget()), "in");
        comparing((value, other, _) -> isSame(value, other), "sameas");
    }

    private Tests() {}

    static Set<String> names() {
        return ALL.keySet();
    }

    static Test named(String name) {
        Test test = ALL.get(name);
        if (test == null) {
            throw new TemplateException("there is no test named '" + name + "' here");
        }
        return test;
    }

    private static void plain(String name, Predicate<Value> predicate) {
        ALL.put(name, (value, arguments, _) -> {
            arguments.bind(name);
            return predicate.test(value);
        });
    }

    private static void comparing(Comparing comparing, String... names) {
        for (String name : names) {
            ALL.put(
                    name,
                    (value, arguments, rendering) ->
                            comparing.holds(value, arguments.bind(name, "other").get(0), rendering));
        }
    }

    /** {@code value operator other} for an operator of order. */
    static boolean ordered(String operator, Value value, Value other, Rendering rendering) {
        int order = Types.compare(value, other, operator, rendering.budget());
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static boolean isSequence(Value value) {
        return value instanceof Text
                || value instanceof ListValue
                || value instanceof DictValue
                || value instanceof Value.Range
                || value instanceof Undefined;
    }

    private static boolean divides(Value by, Value value) {
        return !Types.truth(Arithmetic.modulo(value, by));
    }

    /** Python's {@code is}, as far as a template can rely on it. */
    @SuppressWarnings("ReferenceEquality") // It is what Python's operator compares.
    private static boolean isSame(Value a, Value b) {
        boolean plain = a instanceof Text || a instanceof Value.Int || a instanceof Value.Real;
        return a == b || (plain && a.equals(b));
    }
}
