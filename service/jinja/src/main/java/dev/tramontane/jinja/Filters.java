package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The filters of {@code jinja2/filters.py} that chat templates use, by name. */
final class Filters {

    /** A filter. */
    @FunctionalInterface
    interface Filter {
        Value apply(Value input, Arguments arguments, Rendering rendering);
    }

    private static final Map<String, Filter> ALL = new HashMap<>();

    static {
        TextFilters.addTo(ALL);
        LengthFilters.addTo(ALL);
        UrlFilters.addTo(ALL);
        NumberFilters.addTo(ALL);
        SequenceFilters.addTo(ALL);
        SelectionFilters.addTo(ALL);
    }

    private Filters() {}

    static Set<String> names() {
        return ALL.keySet();
    }

    static Filter named(String name) {
        Filter filter = ALL.get(name);
        if (filter == null) {
            throw new TemplateException("there is no filter named '" + name + "' here");
        }
        return filter;
    }
}
