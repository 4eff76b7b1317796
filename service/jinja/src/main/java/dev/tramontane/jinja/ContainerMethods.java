package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** The methods of dictionaries and lists that change nothing. */
final class ContainerMethods {

    private ContainerMethods() {}

    static @Nullable Value find(DictValue dict, String name) {
        Function.Body body = switch (name) {
            case "items" -> arguments -> view("dict_items", ListValue.list(dict.items()), arguments);
            case "keys" -> arguments -> view("dict_keys", ListValue.list(dict.keys()), arguments);
            case "values" -> arguments -> view("dict_values", ListValue.list(dict.values()), arguments);
            case "copy" ->
                arguments -> {
                    arguments.bind("copy");
                    return dict;
                };
            case "get" ->
                arguments -> {
                    Arguments.Bound bound = arguments.bind("get", "key", "default");
                    Value value = dict.get(bound.get(0));
                    return value != null ? value : bound.get(1, Value.None.NONE);
                };
            default -> null;
        };
        return body == null ? null : new Function(name, body);
    }

    private static Value view(String name, ListValue items, Arguments arguments) {
        arguments.bind(name);
        return new Value.View(name, items);
    }

    static @Nullable Value find(ListValue list, String name, Rendering rendering) {
        Function.Body body = switch (name) {
            case "index" ->
                arguments -> {
                    Value wanted = arguments.bind("index", "value").get(0);
                    for (int i = 0; i < list.items().size(); i++) {
                        if (Types.equal(list.items().get(i), wanted, rendering.budget())) {
                            return new Value.Int(i);
                        }
                    }
                    throw new TemplateException("the value is not in the list");
                };
            case "count" ->
                arguments -> {
                    Value wanted = arguments.bind("count", "value").get(0);
                    return new Value.Int(list.items().stream()
                            .filter(item -> Types.equal(item, wanted, rendering.budget()))
                            .count());
                };
            case "copy" ->
                list.tuple()
                        ? null
                        : arguments -> {
                            arguments.bind("copy");
                            return list;
                        };
            default -> null;
        };
        return body == null ? null : new Function(name, body);
    }
}
