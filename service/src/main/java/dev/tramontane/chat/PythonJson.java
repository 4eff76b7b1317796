package dev.tramontane.chat;

import dev.tramontane.jinja.value.Printer;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code json.dumps(value, ensure_ascii=False)}: the JSON that Mistral's models have been shown, blank by blank. */
final class PythonJson {
    /** Deepest nesting that is read or written. */
    static final int DEEPEST = 100;

    private final StringBuilder out = new StringBuilder();

    private PythonJson() {}

    /**
     * Writes a value.
     *
     * @param value of String, Boolean, Integer, Long, BigInteger, Double, List, Map with string keys, or null
     * @throws ChatLayoutException when it is none of these or nests too deeply
     */
    static String dumps(@Nullable Object value) {
        PythonJson json = new PythonJson();
        json.value(value, 0);
        return json.out.toString();
    }

    private void value(@Nullable Object value, int depth) {
        if (depth > DEEPEST) {
            throw new ChatLayoutException("JSON in the conversation nests deeper than " + DEEPEST + " levels.");
        }
        switch (value) {
            case null -> out.append("null");
            case String text -> string(text);
            case Boolean bool -> out.append(bool.booleanValue());
            case Integer number -> out.append(number.intValue());
            case Long number -> out.append(number.longValue());
            case Double number -> out.append(real(number));
            case BigInteger number -> out.append(number);
            case List<?> list -> list(list, depth);
            case Map<?, ?> map -> map(map, depth);
            default ->
                throw new ChatLayoutException("The conversation holds a value that is not of JSON: "
                        + value.getClass().getSimpleName() + ".");
        }
    }

    private void list(List<?> list, int depth) {
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            value(items.next(), depth + 1);
            out.append(items.hasNext() ? ", " : "");
        }
        out.append(']');
    }

    private void map(Map<?, ?> map, int depth) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<?, ?> entry = entries.next();
            string(String.valueOf(entry.getKey()));
            out.append(": ");
            value(entry.getValue(), depth + 1);
            out.append(entries.hasNext() ? ", " : "");
        }
        out.append('}');
    }

    /** Python writes the numbers that JSON has no words for, too. */
    private static String real(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.real(value);
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
