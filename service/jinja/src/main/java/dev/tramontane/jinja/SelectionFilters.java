package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.Iteration;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Filters that take other filters and tests by name, and those of values that may be missing. */
final class SelectionFilters {

    private SelectionFilters() {}

    static void addTo(Map<String, Filters.Filter> all) {
        all.put("map", SelectionFilters::map);
        all.put("select", (input, arguments, rendering) -> select(input, arguments, rendering, false, true));
        all.put("reject", (input, arguments, rendering) -> select(input, arguments, rendering, false, false));
        all.put("selectattr", (input, arguments, rendering) -> select(input, arguments, rendering, true, true));
        all.put("rejectattr", (input, arguments, rendering) -> select(input, arguments, rendering, true, false));
        all.put("default", SelectionFilters::otherwise);
        all.put("d", SelectionFilters::otherwise);
        all.put("attr", (input, arguments, rendering) -> {
            String name = arguments.bind("attr", "name").text(0).chars();
            return input instanceof DictValue
                    ? Undefined.attribute(input, name)
                    : Access.attribute(input, name, rendering);
        });
    }

    private static Value otherwise(Value input, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("default", "default_value", "boolean");
        boolean replaced = input instanceof Undefined || (bound.truth(1, false) && !Types.truth(input));
        return replaced ? bound.get(0, Text.EMPTY) : input;
    }

    private static Value map(Value input, Arguments arguments, Rendering rendering) {
        UnaryOperator<Value> change;
        if (arguments.positional().isEmpty()) {
            Arguments.Bound bound = arguments.bind("map", "attribute", "default");
            Value attribute = bound.get(0);
            change = item -> {
                Value found = Access.path(item, attribute, rendering);
                return found instanceof Undefined ? bound.get(1, found) : found;
            };
        } else {
            Filters.Filter filter = Filters.named(name(arguments, 0, "map"));
            Arguments rest = arguments.from(1);
            change = item -> filter.apply(item, rest, rendering);
        }
        List<Value> mapped = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            mapped.add(change.apply(item));
        }
        return new Iteration(mapped);
    }

    /** @param byAttribute whether the first argument is an attribute to test instead of the item */
    private static Value select(
            Value input, Arguments arguments, Rendering rendering, boolean byAttribute, boolean wanted) {
        int first = byAttribute ? 1 : 0;
        if (byAttribute && arguments.positional().isEmpty()) {
            throw new TemplateException("the filter needs an attribute's name");
        }
        boolean named = arguments.positional().size() > first;
        Tests.Test test = named ? Tests.named(name(arguments, first, "select")) : (value, _, _) -> Types.truth(value);
        Arguments rest = arguments.from(first + 1);
        List<Value> kept = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            Value tested =
                    byAttribute ? Access.path(item, arguments.positional().getFirst(), rendering) : item;
            if (test.holds(tested, rest, rendering) == wanted) {
                kept.add(item);
            }
        }
        return new Iteration(kept);
    }

    private static String name(Arguments arguments, int index, String filter) {
        if (arguments.positional().get(index) instanceof Text name) {
            return name.chars();
        }
        throw new TemplateException(filter + " needs the name of a filter or test as a string");
    }
}
