package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.Markup;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Value;

/**
 * {@code '{} {0:>8} {name.key[0]!r:.{width}}'.format(...)}: Python's replacement fields, with what the sandbox lets them
 * reach. The format's own text and fill characters keep their origin; see {@link FormatSpec} for numbers.
 */
final class BraceFormat {
    /** Fields in the specification of a field, and fields in theirs. */
    private static final int DEEPEST = 2;

    private final Arguments arguments;
    private final Rendering rendering;
    private final Budget budget;
    private final boolean markup;

    /** The next argument of a field without a name; -1 once fields are numbered. */
    private int automatic;

    private BraceFormat(Arguments arguments, Rendering rendering, boolean markup) {
        this.arguments = arguments;
        this.rendering = rendering;
        this.markup = markup;
        budget = rendering.budget();
    }

    static Text format(Text text, Arguments arguments, Rendering rendering) {
        return new BraceFormat(arguments, rendering, text.isMarkup())
                .run(text, 0)
                .asMarkup(text.isMarkup());
    }

    private Text run(Text format, int depth) {
        if (depth > DEEPEST) {
            throw new TemplateException("the fields of a format string are nested too deeply");
        }
        String chars = format.chars();
        TextBuilder out = new TextBuilder(budget);
        int at = 0;
        while (at < chars.length()) {
            char c = chars.charAt(at);
            if (c != '{' && c != '}') {
                int end = next(chars, at);
                out.append(format, at, end);
                at = end;
            } else if (at + 1 < chars.length() && chars.charAt(at + 1) == c) {
                out.append(format, at, at + 1);
                at += 2;
            } else if (c == '}') {
                throw new TemplateException("a brace in a format string has no partner");
            } else {
                int end = close(chars, at + 1);
                out.append(field(format.substring(at + 1, end), depth));
                at = end + 1;
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

    /** The brace that ends the field; those in brackets and those of fields inside are passed over. */
    private static int close(String chars, int from) {
        int open = 1;
        boolean named = true;
        for (int i = from; i < chars.length(); i++) {
            switch (chars.charAt(i)) {
                case '[' -> {
                    int end = named ? chars.indexOf(']', i) : i;
                    i = end < 0 ? chars.length() : end;
                }
                case ':', '!' -> named = false;
                case '{' -> {
                    if (named) {
                        throw new TemplateException("a brace stands in the name of a field of a format string");
                    }
                    open++;
                }
                case '}' -> {
                    if (--open == 0) {
                        return i;
                    }
                }
                default -> {}
            }
        }
        throw new TemplateException("a brace in a format string has no partner");
    }

    /** {@code name!conversion:specification}, all but the name optional. */
    private Text field(Text field, int depth) {
        String chars = field.chars();
        int nameEnd = nameEnd(chars);
        Value value = FieldName.value(name(chars.substring(0, nameEnd)), arguments, rendering);
        int at = nameEnd;
        if (at < chars.length() && chars.charAt(at) == '!') {
            value = converted(value, at + 1 < chars.length() ? chars.charAt(at + 1) : ' ');
            at += 2;
            if (at < chars.length() && chars.charAt(at) != ':') {
                throw new TemplateException("a conversion in a format string is longer than one letter");
            }
        }
        Text spec = at < chars.length() ? run(field.substring(at + 1, chars.length()), depth + 1) : Text.EMPTY;
        if (!markup || depth > 0) {
            return FormatSpec.format(value, spec, budget);
        }
        if (value instanceof Text text && text.isMarkup() && !spec.isEmpty()) {
            throw new TemplateException("a format specification is not for escaped text");
        }
        Text written = FormatSpec.format(value, spec, budget);
        return Markup.escape(written, budget);
    }

    private static int nameEnd(String chars) {
        for (int i = 0; i < chars.length(); i++) {
            char c = chars.charAt(i);
            if (c == '[') {
                i = Math.max(i, chars.indexOf(']', i));
            } else if (c == ':' || c == '!') {
                return i;
            }
        }
        return chars.length();
    }

    /** Numbers the fields that have no name; a format has numbers of one kind only. */
    private String name(String written) {
        if (written.isEmpty()) {
            if (automatic < 0) {
                throw mixed();
            }
            return Integer.toString(automatic++);
        }
        if (FieldName.isNumber(written)) {
            if (automatic > 0) {
                throw mixed();
            }
            automatic = -1;
        }
        return written;
    }

    private static TemplateException mixed() {
        return new TemplateException("some fields of the format string are numbered and some are not");
    }

    private Value converted(Value value, char conversion) {
        return switch (conversion) {
            case 's' -> Printer.text(value, budget);
            case 'r' -> Printer.repr(value, budget);
            case 'a' ->
                Printer.repr(value, budget)
                        .map(budget, c -> c < 0x80 ? Character.toString(c) : Printer.escapedNumber(c));
            default -> throw new TemplateException("a conversion in a format string is not one of s, r, a");
        };
    }
}
