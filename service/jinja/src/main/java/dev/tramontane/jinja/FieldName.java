package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;

/** {@code 0}, {@code name}, {@code name.attribute[key]}: what a field of a format string takes. */
final class FieldName {
    /** Digits of an argument's number or an index. */
    private static final int LONGEST_NUMBER = 9;

    private FieldName() {}

    static boolean isNumber(String text) {
        return !text.isEmpty()
                && text.length() <= LONGEST_NUMBER
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    static Value value(String name, Arguments arguments, Rendering rendering) {
        int at = end(name, 0);
        Value value = argument(name.substring(0, at), arguments);
        while (at < name.length()) {
            rendering.budget().spend(1);
            int end;
            if (name.charAt(at) == '.') {
                end = end(name, at + 1);
                value = Access.attribute(value, part(name, at + 1, end), rendering);
                at = end;
            } else if (name.charAt(at) == '[') {
                end = name.indexOf(']', at);
                String key = part(name, at + 1, end);
                value = Access.item(
                        value, isNumber(key) ? new Value.Int(Long.parseLong(key)) : Text.trusted(key), rendering);
                at = end + 1;
            } else {
                throw new TemplateException("only a dot or a bracket can follow a bracket in a format string");
            }
        }
        return value;
    }

    private static int end(String name, int from) {
        int i = from;
        while (i < name.length() && name.charAt(i) != '.' && name.charAt(i) != '[') {
            i++;
        }
        return i;
    }

    private static String part(String name, int from, int end) {
        if (end <= from) {
            throw new TemplateException("a field of the format string has an empty or open part in its name");
        }
        return name.substring(from, end);
    }

    /** A name that only a person misspells is short; one out of data may hold anything. */
    private static String shown(String name) {
        boolean plain = name.length() <= 40 && name.chars().allMatch(c -> c >= ' ' && c != 0x7F);
        return plain ? name : name.substring(0, Math.min(40, name.length())).replaceAll("\\p{Cntrl}", "?") + "...";
    }

    private static Value argument(String name, Arguments arguments) {
        if (isNumber(name)) {
            int index = Integer.parseInt(name);
            if (index >= arguments.positional().size()) {
                throw new TemplateException("the format string needs an argument " + index);
            }
            return arguments.positional().get(index);
        }
        Value value = arguments.named().get(name);
        if (value == null) {
            throw new TemplateException("format() finds no argument for a field named '" + shown(name) + "'");
        }
        return value;
    }
}
