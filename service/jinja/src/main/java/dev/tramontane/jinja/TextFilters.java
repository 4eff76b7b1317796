package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.Json;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Markup;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.List;
import java.util.Map;

/** Filters that give text. All but tojson first print their input, as jinja2's do. */
final class TextFilters {
    private static final long WIDEST_INDENT = 1_000;

    private TextFilters() {}

    private interface Change {
        Text apply(Text text, Budget budget);
    }

    static void addTo(Map<String, Filters.Filter> all) {
        plain(all, "upper", TextCases::upper);
        plain(all, "lower", TextCases::lower);
        plain(all, "capitalize", TextCases::capitalize);
        plain(all, "title", TextCases::titleWords);
        plain(all, "string", (text, _) -> text);
        plain(all, "safe", (text, _) -> text.asMarkup(true));
        plain(all, "e", Markup::escape);
        plain(all, "escape", Markup::escape);
        plain(all, "forceescape", Markup::escapeAgain);
        all.put(
                "trim",
                (input, arguments, rendering) -> TextMethods.strip(
                        text(input, rendering),
                        arguments.bind("trim", "chars").findText(0),
                        true,
                        true,
                        rendering.budget()));
        all.put("replace", (input, arguments, rendering) -> {
            Bound bound = arguments.bind("replace", "old", "new", "count");
            return TextMethods.replace(
                    text(input, rendering),
                    text(bound.get(0), rendering),
                    text(bound.get(1), rendering),
                    bound.find(2) instanceof Value.Int count ? count.clamped(-1, Long.MAX_VALUE) : -1,
                    rendering.budget());
        });
        all.put("center", (input, arguments, rendering) -> {
            long width = arguments.bind("center", "width").integer(0, 80);
            return TextMethods.pad(text(input, rendering), width, Text.trusted(" "), 2, rendering.budget());
        });
        all.put(
                "format",
                (input, arguments, rendering) -> PercentFormat.format(
                        text(input, rendering), ListValue.tuple(arguments.positional()), rendering.budget()));
        all.put("indent", TextFilters::indent);
        all.put("join", TextFilters::join);
        all.put("tojson", TextFilters::toJson);
    }

    private static void plain(Map<String, Filters.Filter> all, String name, Change change) {
        all.put(name, (input, arguments, rendering) -> {
            arguments.bind(name);
            return change.apply(text(input, rendering), rendering.budget());
        });
    }

    private static Text text(Value value, Rendering rendering) {
        return Printer.text(value, rendering.budget());
    }

    private static Value indent(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("indent", "width", "first", "blank");
        Text indentation = bound.find(0) instanceof Text given ? given : Text.trusted(spaces(bound.integer(0, 4)));
        boolean blank = bound.truth(2, false);
        TextBuilder out = new TextBuilder(rendering.budget());
        if (bound.truth(1, false)) {
            out.append(indentation);
        }
        Text source = text(input, rendering);
        Text closed = new TextBuilder(rendering.budget())
                .append(source)
                .append("\n", true)
                .toText();
        List<Value> lines = TextSplits.lines(closed, rendering.budget());
        for (int i = 0; i < lines.size(); i++) {
            Text line = (Text) lines.get(i);
            if (i > 0) {
                out.append("\n", true);
                if (blank || !line.isEmpty()) {
                    out.append(indentation);
                }
            }
            out.append(line);
        }
        return out.toText();
    }

    private static String spaces(long width) {
        if (width > WIDEST_INDENT) {
            throw new TemplateException("an indent is wider than " + WIDEST_INDENT);
        }
        return " ".repeat((int) Math.max(0, width));
    }

    private static Value join(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("join", "d", "attribute");
        Text separator = text(bound.get(0, Text.EMPTY), rendering);
        Value attribute = bound.find(1);
        TextBuilder out = new TextBuilder(rendering.budget());
        boolean first = true;
        for (Value item : Types.elements(input, rendering.budget())) {
            if (!first) {
                out.append(separator);
            }
            first = false;
            Value part = attribute == null ? item : Access.path(item, attribute, rendering);
            Printer.print(part, out, rendering.budget());
        }
        return out.toText();
    }

    /** As transformers overrides it: {@code json.dumps} without HTML escaping. */
    private static Value toJson(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        Text indent = switch (bound.get(1, Value.None.NONE)) {
            case Text text -> text;
            case Value.None _ -> null;
            case Undefined undefined -> throw undefined.used();
            case Value other -> Text.trusted(spaces(bound.integer(1)));
        };
        Text items = Text.trusted(indent == null ? ", " : ",");
        Text keys = Text.trusted(": ");
        if (bound.get(2, Value.None.NONE) instanceof ListValue pair) {
            if (pair.items().size() != 2
                    || !(pair.items().get(0) instanceof Text first)
                    || !(pair.items().get(1) instanceof Text second)) {
                throw new TemplateException("tojson() needs two strings as separators");
            }
            items = first;
            keys = second;
        }
        Json.Style style = new Json.Style(bound.truth(0, false), indent, items, keys, bound.truth(3, false));
        return Json.write(input, style, rendering.budget());
    }
}
