package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.Search;
import dev.tramontane.jinja.value.Slices;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's {@code str}. */
final class TextMethods {
    /** Methods of str, list and dict that Jinja would call and that are not here. */
    static final Set<String> MISSING = Set.of(
            "encode",
            "expandtabs",
            "format_map",
            "fromkeys",
            "isidentifier",
            "isprintable",
            "istitle",
            "maketrans",
            "translate");

    private TextMethods() {}

    static @Nullable Value find(Text text, String name, Rendering rendering) {
        Function.Body body = body(text, name, rendering);
        return body == null ? null : new Function(name, body);
    }

    private static Function.@Nullable Body body(Text text, String name, Rendering rendering) {
        Budget budget = rendering.budget();
        return switch (name) {
            case "strip" -> arguments -> strip(text, arguments, true, true, budget);
            case "lstrip" -> arguments -> strip(text, arguments, true, false, budget);
            case "rstrip" -> arguments -> strip(text, arguments, false, true, budget);
            case "upper" -> plain(name, () -> TextCases.upper(text, budget));
            case "lower", "casefold" -> plain(name, () -> TextCases.lower(text, budget));
            case "capitalize" -> plain(name, () -> TextCases.capitalize(text, budget));
            case "title" -> plain(name, () -> TextCases.title(text, budget));
            case "swapcase" -> plain(name, () -> TextCases.swap(text, budget));
            case "startswith" -> arguments -> affix(text, arguments, true, budget);
            case "endswith" -> arguments -> affix(text, arguments, false, budget);
            case "removeprefix" ->
                arguments -> {
                    Text prefix = arguments.bind(name, "prefix").text(0);
                    return text.chars().startsWith(prefix.chars())
                            ? text.substring(
                                    prefix.chars().length(), text.chars().length())
                            : text;
                };
            case "removesuffix" ->
                arguments -> {
                    Text suffix = arguments.bind(name, "suffix").text(0);
                    int end = text.chars().length() - suffix.chars().length();
                    return text.chars().endsWith(suffix.chars()) ? text.substring(0, end) : text;
                };
            case "split" ->
                arguments -> {
                    Bound bound = arguments.bind(name, "sep", "maxsplit");
                    return TextSplits.split(text, bound.findText(0), bound.integer(1, -1), false, budget);
                };
            case "rsplit" ->
                arguments -> {
                    Bound bound = arguments.bind(name, "sep", "maxsplit");
                    return TextSplits.split(text, bound.findText(0), bound.integer(1, -1), true, budget);
                };
            case "splitlines" -> plain(name, () -> ListValue.list(TextSplits.lines(text, budget)));
            case "partition" ->
                arguments -> {
                    Text separator = separator(arguments, name);
                    return TextSplits.partition(
                            text, separator, Search.first(text.chars(), separator.chars(), 0, budget), false, budget);
                };
            case "rpartition" ->
                arguments -> {
                    Text separator = separator(arguments, name);
                    return TextSplits.partition(
                            text,
                            separator,
                            Search.last(
                                    text.chars(),
                                    separator.chars(),
                                    text.chars().length(),
                                    budget),
                            true,
                            budget);
                };
            case "replace" ->
                arguments -> {
                    Bound bound = arguments.bind(name, "old", "new", "count");
                    return replace(text, bound.text(0), bound.text(1), bound.integer(2, -1), budget);
                };
            case "join" ->
                arguments -> join(text, arguments.bind(name, "iterable").get(0), budget);
            case "find", "index", "rfind", "rindex" -> arguments -> find(text, name, arguments, budget);
            case "count" ->
                arguments ->
                        new Value.Int(count(text, arguments.bind(name, "sub").text(0), budget));
            case "ljust" -> arguments -> pad(text, arguments, 0, budget);
            case "rjust" -> arguments -> pad(text, arguments, 1, budget);
            case "center" -> arguments -> pad(text, arguments, 2, budget);
            case "zfill" ->
                arguments -> zeroFill(text, arguments.bind(name, "width").integer(0), budget);
            case "format" -> arguments -> BraceFormat.format(text, arguments, rendering);
            case "isdigit" -> all(name, text, PythonChars::isDigit);
            case "isdecimal" -> all(name, text, PythonChars::isDecimal);
            case "isnumeric" -> all(name, text, PythonChars::isNumeric);
            case "isalpha" -> all(name, text, Character::isLetter);
            case "isalnum" -> all(name, text, PythonChars::isAlphanumeric);
            case "isspace" -> all(name, text, PythonChars::isSpace);
            case "isascii" ->
                plain(name, () -> Value.Bool.of(text.chars().chars().allMatch(c -> c < 0x80)));
            case "isupper" -> plain(name, () -> Value.Bool.of(TextCases.isUpper(text)));
            case "islower" -> plain(name, () -> Value.Bool.of(TextCases.isLower(text)));
            default -> null;
        };
    }

    private interface Result {
        Value get();
    }

    /** A method without arguments. */
    private static Function.Body plain(String name, Result result) {
        return arguments -> {
            arguments.bind(name);
            return result.get();
        };
    }

    private static Function.Body all(String name, Text text, IntPredicate test) {
        return plain(
                name,
                () -> Value.Bool.of(!text.isEmpty() && text.chars().codePoints().allMatch(test)));
    }

    private static Text strip(Text text, Arguments arguments, boolean left, boolean right, Budget budget) {
        return strip(text, arguments.bind("strip", "chars").findText(0), left, right, budget);
    }

    /** Takes away white space, or the given characters, at either end. */
    static Text strip(Text text, @Nullable Text characters, boolean left, boolean right, Budget budget) {
        String chars = text.chars();
        budget.read(chars.length());
        IntPredicate goes = PythonChars::isSpace;
        if (characters != null) {
            budget.read(characters.chars().length());
            BitSet set = new BitSet();
            characters.chars().codePoints().forEach(set::set);
            goes = set::get;
        }
        int from = 0;
        int to = chars.length();
        while (left && from < to && goes.test(chars.codePointAt(from))) {
            from += Character.charCount(chars.codePointAt(from));
        }
        while (right && from < to && goes.test(chars.codePointBefore(to))) {
            to -= Character.charCount(chars.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static Text separator(Arguments arguments, String name) {
        Text separator = arguments.bind(name, "sep").text(0);
        if (separator.isEmpty()) {
            throw new TemplateException("the separator is empty");
        }
        return separator;
    }

    private static Value affix(Text text, Arguments arguments, boolean atStart, Budget budget) {
        Bound bound = arguments.bind(atStart ? "startswith" : "endswith", "affix", "start", "end");
        Value from = bound.find(1);
        Value to = bound.find(2);
        Value part = Slices.of(text, from, to, null, budget);
        String chars = String.valueOf(part);
        List<Value> affixes =
                bound.get(0) instanceof ListValue list && list.tuple() ? list.items() : List.of(bound.text(0));
        for (Value affix : affixes) {
            if (!(affix instanceof Text candidate)) {
                throw new TemplateException("a tuple of affixes holds " + Types.shown(affix));
            }
            if (atStart ? chars.startsWith(candidate.chars()) : chars.endsWith(candidate.chars())) {
                return Value.Bool.TRUE;
            }
        }
        return Value.Bool.FALSE;
    }

    /** Replaces from the left, at most {@code most} times unless that is negative. */
    static Text replace(Text text, Text old, Text by, long most, Budget budget) {
        String chars = text.chars();
        budget.read(chars.length());
        TextBuilder replaced = new TextBuilder(budget);
        int done = 0;
        int from = 0;
        for (long count = 0; most < 0 || count < most; count++) {
            int found = Search.first(chars, old.chars(), from, budget);
            if (found < 0) {
                break;
            }
            budget.spend(1);
            replaced.append(text, done, found).append(by);
            done = found + old.chars().length();
            if (!old.isEmpty()) {
                from = done;
            } else if (found < chars.length()) {
                from = found + Character.charCount(chars.codePointAt(found));
            } else {
                break;
            }
        }
        return replaced.append(text, done, chars.length()).toText();
    }

    private static Text join(Text separator, Value iterable, Budget budget) {
        TextBuilder joined = new TextBuilder(budget);
        int index = 0;
        for (Value item : Types.elements(iterable, budget)) {
            if (!(item instanceof Text part)) {
                throw new TemplateException(
                        "item " + index + " of what is joined is " + Types.shown(item) + ", not text");
            }
            if (index++ > 0) {
                joined.append(separator);
            }
            joined.append(part);
        }
        return joined.toText();
    }

    private static Value find(Text text, String name, Arguments arguments, Budget budget) {
        Bound bound = arguments.bind(name, "sub", "start");
        String sub = bound.text(0).chars();
        long start = bound.integer(1, 0);
        int length = text.length();
        long from = Math.clamp(start < 0 ? start + length : start, 0, (long) length + 1);
        budget.read(text.chars().length());
        int found = -1;
        if (from <= length) {
            int offset = text.offset((int) from);
            found = name.startsWith("r")
                    ? Search.last(text.chars(), sub, text.chars().length(), budget)
                    : Search.first(text.chars(), sub, offset, budget);
            found = found < offset ? -1 : found;
        }
        if (found < 0 && name.endsWith("index")) {
            throw new TemplateException("the text that is looked for is not there");
        }
        return new Value.Int(found < 0 ? -1 : text.index(found));
    }

    private static long count(Text text, Text sub, Budget budget) {
        budget.read(text.chars().length());
        if (sub.isEmpty()) {
            return text.length() + 1L;
        }
        long count = 0;
        for (int i = Search.first(text.chars(), sub.chars(), 0, budget); i >= 0; count++) {
            i = Search.first(text.chars(), sub.chars(), i + sub.chars().length(), budget);
        }
        return count;
    }

    /** @param side 0 pads on the right, 1 on the left, 2 on both */
    private static Text pad(Text text, Arguments arguments, int side, Budget budget) {
        Bound bound = arguments.bind("pad", "width", "fillchar");
        Text fill = bound.find(1) == null ? Text.trusted(" ") : bound.text(1);
        if (fill.length() != 1) {
            throw new TemplateException("the fill character must be exactly one character long");
        }
        return pad(text, bound.integer(0), fill, side, budget);
    }

    /** Fills up to a width in code points. */
    static Text pad(Text text, long width, Text fill, int side, Budget budget) {
        budget.checkString(width);
        long missing = Math.max(0, width - text.length());
        long left = side == 0 ? 0 : side == 1 ? missing : missing / 2 + (missing & width & 1);
        TextBuilder padded = new TextBuilder(budget);
        for (long i = 0; i < left; i++) {
            padded.append(fill);
        }
        padded.append(text);
        for (long i = left; i < missing; i++) {
            padded.append(fill);
        }
        return padded.toText();
    }

    private static Text zeroFill(Text text, long width, Budget budget) {
        budget.checkString(width);
        long missing = Math.max(0, width - text.length());
        boolean sign = text.chars().startsWith("-") || text.chars().startsWith("+");
        TextBuilder filled = new TextBuilder(budget);
        filled.append(text, 0, sign ? 1 : 0);
        for (long i = 0; i < missing; i++) {
            filled.append("0", true);
        }
        return filled.append(text, sign ? 1 : 0, text.chars().length()).toText();
    }
}
