package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.Iteration;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Slices;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters on what can be iterated: picking, ordering and grouping. */
final class SequenceFilters {

    private SequenceFilters() {}

    static void addTo(Map<String, Filters.Filter> all) {
        all.put("list", (input, arguments, rendering) -> {
            arguments.bind("list");
            return ListValue.list(Types.elements(input, rendering.budget()));
        });
        all.put("first", (input, arguments, rendering) -> {
            arguments.bind("first");
            List<Value> items = Types.elements(input, rendering.budget());
            return items.isEmpty() ? new Undefined("No first item, sequence was empty.") : items.getFirst();
        });
        all.put("last", (input, arguments, rendering) -> {
            arguments.bind("last");
            List<Value> items = Types.elements(input, rendering.budget());
            return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.getLast();
        });
        all.put("items", (input, arguments, _) -> {
            arguments.bind("items");
            return switch (input) {
                case DictValue dict -> new Iteration(dict.items());
                case Undefined _ -> new Iteration(List.of());
                default -> throw new TemplateException("items needs a mapping");
            };
        });
        all.put("reverse", (input, arguments, rendering) -> {
            arguments.bind("reverse");
            if (input instanceof Text text) {
                Value reversed = Slices.of(text, null, null, new Value.Int(-1), rendering.budget());
                return reversed == null ? text : reversed;
            }
            return new Iteration(
                    new ArrayList<>(Types.elements(input, rendering.budget()).reversed()));
        });
        all.put("sort", SequenceFilters::sort);
        all.put("dictsort", SequenceFilters::dictSort);
        all.put("unique", SequenceFilters::unique);
        all.put("min", (input, arguments, rendering) -> extreme(input, arguments, rendering, "min"));
        all.put("max", (input, arguments, rendering) -> extreme(input, arguments, rendering, "max"));
        all.put("groupby", SequenceFilters::groupBy);
        all.put("batch", SequenceFilters::batch);
        all.put("slice", SequenceFilters::slice);
    }

    /** What items are ordered by: with {@code attribute} an attribute, and without regard to case unless told. */
    private static Value key(Value item, @Nullable Value attribute, boolean caseSensitive, Rendering rendering) {
        Value value =
                attribute == null || attribute instanceof Value.None ? item : Access.path(item, attribute, rendering);
        return !caseSensitive && value instanceof Text text ? TextCases.lower(text, rendering.budget()) : value;
    }

    private static Comparator<Value> order(boolean reverse, Budget budget) {
        Comparator<Value> order = (a, b) -> Types.compare(a, b, "<", budget);
        return reverse ? order.reversed() : order;
    }

    private record Keyed(Value key, Value item) {}

    private static List<Value> sorted(List<Keyed> keyed, boolean reverse, Rendering rendering) {
        List<Keyed> copy = new ArrayList<>(keyed);
        copy.sort(Comparator.comparing(Keyed::key, order(reverse, rendering.budget())));
        List<Value> items = new ArrayList<>(copy.size());
        copy.forEach(entry -> items.add(entry.item()));
        return items;
    }

    private static Value sort(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
        Value attribute = bound.find(2);
        List<Keyed> keyed = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            List<Value> keys = new ArrayList<>();
            if (attribute instanceof Text names) {
                rendering.budget().spend(names.chars().length());
                for (String name : names.chars().split(",", -1)) {
                    keys.add(key(item, Text.trusted(name), bound.truth(1, false), rendering));
                }
            } else {
                keys.add(key(item, attribute, bound.truth(1, false), rendering));
            }
            keyed.add(new Keyed(keys.size() == 1 ? keys.getFirst() : ListValue.list(keys), item));
        }
        return ListValue.list(sorted(keyed, bound.truth(0, false), rendering));
    }

    private static Value dictSort(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("dictsort", "case_sensitive", "by", "reverse");
        if (!(input instanceof DictValue dict)) {
            throw new TemplateException("dictsort needs a dictionary, not " + Types.shown(input));
        }
        String by = bound.find(1) == null ? "key" : bound.text(1).chars();
        if (!by.equals("key") && !by.equals("value")) {
            throw new TemplateException("dictsort sorts by \"key\" or \"value\"");
        }
        List<Keyed> keyed = new ArrayList<>();
        for (Value item : dict.items()) {
            Value part = ((ListValue) item).items().get(by.equals("key") ? 0 : 1);
            keyed.add(new Keyed(key(part, null, bound.truth(0, false), rendering), item));
        }
        return ListValue.list(sorted(keyed, bound.truth(2, false), rendering));
    }

    private static Value unique(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("unique", "case_sensitive", "attribute");
        DictValue seen = new DictValue();
        List<Value> kept = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            Value key = key(item, bound.find(1), bound.truth(0, false), rendering);
            if (seen.get(key) == null) {
                seen.put(key, item);
                kept.add(item);
            }
        }
        return new Iteration(kept);
    }

    private static Value extreme(Value input, Arguments arguments, Rendering rendering, String name) {
        Bound bound = arguments.bind(name, "case_sensitive", "attribute");
        Keyed best = null;
        for (Value item : Types.elements(input, rendering.budget())) {
            Value key = key(item, bound.find(1), bound.truth(0, false), rendering);
            boolean least = name.equals("min");
            if (best == null
                    || (least
                            ? Types.compare(key, best.key(), "<", rendering.budget()) < 0
                            : Types.compare(key, best.key(), ">", rendering.budget()) > 0)) {
                best = new Keyed(key, item);
            }
        }
        return best == null ? new Undefined("No aggregated item, sequence was empty.") : best.item();
    }

    private static Value groupBy(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("groupby", "attribute", "default", "case_sensitive");
        List<Keyed> keyed = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            Value found = Access.path(item, bound.get(0), rendering);
            Value key = found instanceof Undefined ? bound.get(1, found) : found;
            keyed.add(new Keyed(key(key, null, bound.truth(2, false), rendering), ListValue.tuple(key, item)));
        }
        List<Value> groups = new ArrayList<>();
        List<Value> group = new ArrayList<>();
        Value groupKey = null;
        Value shownKey = Value.None.NONE;
        for (Value pair : sorted(keyed, false, rendering)) {
            Value shown = ((ListValue) pair).items().get(0);
            Value key = key(shown, null, bound.truth(2, false), rendering);
            if (groupKey == null || !Types.equal(key, groupKey, rendering.budget())) {
                if (groupKey != null) {
                    groups.add(ListValue.tuple(shownKey, ListValue.list(group)));
                }
                group = new ArrayList<>();
                groupKey = key;
                shownKey = shown;
            }
            group.add(((ListValue) pair).items().get(1));
        }
        if (groupKey != null) {
            groups.add(ListValue.tuple(shownKey, ListValue.list(group)));
        }
        return ListValue.list(groups);
    }

    private static Value batch(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("batch", "linecount", "fill_with");
        long size = bound.integer(0);
        if (size < 1) {
            throw new TemplateException("batch needs a positive number of items");
        }
        List<Value> batches = new ArrayList<>();
        List<Value> batch = new ArrayList<>();
        for (Value item : Types.elements(input, rendering.budget())) {
            if (batch.size() == size) {
                batches.add(ListValue.list(batch));
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            Value fill = bound.get(1, Value.None.NONE);
            while (!(fill instanceof Value.None) && batch.size() < size) {
                rendering.budget().spend(1);
                batch.add(fill);
            }
            batches.add(ListValue.list(batch));
        }
        return new Iteration(batches);
    }

    private static Value slice(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("slice", "slices", "fill_with");
        List<Value> items = Types.elements(input, rendering.budget());
        long slices = bound.integer(0);
        if (slices < 1) {
            throw new TemplateException("slice needs a positive number of slices");
        }
        rendering.budget().spend(slices);
        long size = items.size() / slices;
        long longer = items.size() % slices;
        Value fill = bound.get(1, Value.None.NONE);
        List<Value> parts = new ArrayList<>();
        int at = 0;
        for (long i = 0; i < slices; i++) {
            int end = (int) (at + size + (i < longer ? 1 : 0));
            List<Value> part = new ArrayList<>(items.subList(at, end));
            if (!(fill instanceof Value.None) && longer > 0 && i >= longer) {
                part.add(fill);
            }
            parts.add(ListValue.list(part));
            at = end;
        }
        return new Iteration(parts);
    }
}
