package dev.tramontane.jinja.value;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code json.dumps}, with the options that transformers gives its {@code tojson} filter. */
public final class Json {

    /**
     * How to write.
     *
     * @param ascii whether other characters are escaped
     * @param indent what one level is indented by; null for one line
     */
    public record Style(
            boolean ascii, @Nullable Text indent, Text itemSeparator, Text keySeparator, boolean sortKeys) {}

    private final Style style;
    private final TextBuilder out;
    private final Budget budget;

    private Json(Style style, TextBuilder out, Budget budget) {
        this.style = style;
        this.out = out;
        this.budget = budget;
    }

    public static Text write(Value value, Style style, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        new Json(style, out, budget).value(value, 0);
        return out.toText();
    }

    private void value(Value value, int depth) {
        budget.spend(1);
        if (depth > Types.DEEPEST) {
            throw new TemplateException("a value nested too deeply is written as JSON");
        }
        switch (value) {
            case Text text -> string(text);
            case Value.Bool bool -> trusted(bool == Value.Bool.TRUE ? "true" : "false");
            case Value.Int number -> trusted(number.value().toString());
            case Value.Real real -> trusted(real(real.value()));
            case Value.None _ -> trusted("null");
            case ListValue list -> list(list.items(), depth);
            case DictValue dict -> dict(dict, depth);
            default -> throw new TemplateException(Types.shown(value) + " cannot be written as JSON");
        }
    }

    private static String real(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.real(value);
    }

    private void list(List<Value> items, int depth) {
        if (items.isEmpty()) {
            trusted("[]");
            return;
        }
        trusted("[");
        for (int i = 0; i < items.size(); i++) {
            separate(i, depth + 1);
            value(items.get(i), depth + 1);
        }
        newline(depth);
        trusted("]");
    }

    private void dict(DictValue dict, int depth) {
        if (dict.size() == 0) {
            trusted("{}");
            return;
        }
        List<DictValue.Entry> entries = new ArrayList<>();
        dict.entries().forEach(entries::add);
        if (style.sortKeys()) {
            entries.sort((a, b) -> Types.compare(a.key(), b.key(), "<", budget));
        }
        trusted("{");
        for (int i = 0; i < entries.size(); i++) {
            separate(i, depth + 1);
            string(key(entries.get(i).key()));
            out.append(style.keySeparator());
            value(entries.get(i).value(), depth + 1);
        }
        newline(depth);
        trusted("}");
    }

    private static Text key(Value key) {
        return switch (key) {
            case Text text -> text;
            case Value.Bool bool -> Text.trusted(bool == Value.Bool.TRUE ? "true" : "false");
            case Value.Int number -> Text.trusted(number.value().toString());
            case Value.Real real -> Text.trusted(real(real.value()));
            case Value.None _ -> Text.trusted("null");
            default -> throw new TemplateException(Types.shown(key) + " cannot be a name in JSON");
        };
    }

    private void separate(int index, int depth) {
        if (index > 0) {
            out.append(style.itemSeparator());
        }
        newline(depth);
    }

    private void newline(int depth) {
        Text indent = style.indent();
        if (indent != null) {
            trusted("\n");
            for (int i = 0; i < depth; i++) {
                out.append(indent);
            }
        }
    }

    private void trusted(String text) {
        out.append(text, true);
    }

    private void string(Text text) {
        trusted("\"");
        String chars = text.chars();
        for (int i = 0; i < chars.length(); i++) {
            out.append(escaped(chars.charAt(i)), text.isTrusted(i));
        }
        trusted("\"");
    }

    private String escaped(char c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\f' -> "\\f";
            case '\b' -> "\\b";
            default -> c < ' ' || (style.ascii() && c > '~') ? String.format("\\u%04x", (int) c) : String.valueOf(c);
        };
    }
}
