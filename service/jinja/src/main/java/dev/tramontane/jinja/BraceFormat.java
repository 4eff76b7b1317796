package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Value;

/** {@code '{} {0} {name}'.format(...)}, without format specifications and without attributes. */
final class BraceFormat {

    private BraceFormat() {}

    static Text format(Text text, Arguments arguments, Budget budget) {
        String chars = text.chars();
        TextBuilder out = new TextBuilder(budget);
        int automatic = 0;
        int i = 0;
        while (i < chars.length()) {
            char c = chars.charAt(i);
            if (c != '{' && c != '}') {
                int end = next(chars, i);
                out.append(text, i, end);
                i = end;
            } else if (i + 1 < chars.length() && chars.charAt(i + 1) == c) {
                out.append(text, i, i + 1);
                i += 2;
            } else {
                int end = chars.indexOf('}', i);
                if (c == '}' || end < 0) {
                    throw new TemplateException("a brace in a format string has no partner");
                }
                String field = chars.substring(i + 1, end);
                boolean repr = field.endsWith("!r");
                String name = repr || field.endsWith("!s") ? field.substring(0, field.length() - 2) : field;
                Value value = value(name.isEmpty() ? Integer.toString(automatic++) : name, arguments);
                out.append(repr ? Printer.repr(value, budget) : Printer.text(value, budget));
                i = end + 1;
            }
        }
        return out.toText();
    }

    private static int next(String chars, int from) {
        int i = from;
        while (i < chars.length() && chars.charAt(i) != '{' && chars.charAt(i) != '}') {
            i++;
        }
        return i;
    }

    private static Value value(String name, Arguments arguments) {
        if (!name.isEmpty() && name.length() < 9 && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int index = Integer.parseInt(name);
            if (index >= arguments.positional().size()) {
                throw new TemplateException("the format string needs an argument " + index);
            }
            return arguments.positional().get(index);
        }
        Value value = arguments.named().get(name);
        if (value == null) {
            throw new TemplateException(
                    "format() finds no argument for a field; specifications after ':' are not supported");
        }
        return value;
    }
}
