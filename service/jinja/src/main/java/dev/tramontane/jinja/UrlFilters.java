package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** {@code urlencode}: of a text, a dictionary or pairs. What a user's character becomes is the user's. */
final class UrlFilters {
    private static final String HEX = "0123456789ABCDEF";

    private UrlFilters() {}

    static void addTo(Map<String, Filters.Filter> all) {
        all.put("urlencode", UrlFilters::encode);
    }

    private static Value encode(Value input, Arguments arguments, Rendering rendering) {
        arguments.bind("urlencode");
        if (input instanceof Text || !Types.isIterable(input)) {
            return quoted(input, false, rendering);
        }
        List<Value> pairs = input instanceof DictValue dict ? dict.items() : Types.elements(input, rendering.budget());
        TextBuilder query = new TextBuilder(rendering.budget());
        for (Value pair : pairs) {
            List<Value> parts = Types.elements(pair, rendering.budget());
            if (parts.size() != 2) {
                throw new TemplateException("urlencode needs pairs of a name and a value");
            }
            query.append(query.length() > 0 ? "&" : "", true)
                    .append(quoted(parts.get(0), true, rendering))
                    .append("=", true)
                    .append(quoted(parts.get(1), true, rendering));
        }
        return query.toText();
    }

    /** @param query whether a blank is a plus, and a slash is written by its number */
    private static Text quoted(Value value, boolean query, Rendering rendering) {
        return Printer.text(value, rendering.budget()).map(rendering.budget(), codePoint -> quoted(codePoint, query));
    }

    private static String quoted(int codePoint, boolean query) {
        if (codePoint == ' ' && query) {
            return "+";
        }
        boolean plain = (codePoint >= 'a' && codePoint <= 'z')
                || (codePoint >= 'A' && codePoint <= 'Z')
                || (codePoint >= '0' && codePoint <= '9')
                || "_.-~".indexOf(codePoint) >= 0
                || (codePoint == '/' && !query);
        if (plain) {
            return Character.toString(codePoint);
        }
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            throw new TemplateException("urlencode is given half of a character");
        }
        StringBuilder out = new StringBuilder();
        for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
            out.append('%').append(HEX.charAt((b >> 4) & 15)).append(HEX.charAt(b & 15));
        }
        return out.toString();
    }
}
