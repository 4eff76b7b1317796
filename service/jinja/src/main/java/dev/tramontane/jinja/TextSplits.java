package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.Search;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code split}, {@code splitlines} and {@code partition}. */
final class TextSplits {

    private TextSplits() {}

    /** @param most at most so many cuts, from the right with {@code right}; negative for any number */
    static Value split(Text text, @Nullable Text separator, long most, boolean right, Budget budget) {
        budget.make(text.chars().length());
        if (separator != null && separator.isEmpty()) {
            throw new TemplateException("the separator is empty");
        }
        List<Value> parts;
        if (separator == null) {
            parts = right ? wordsFromRight(text, most, budget) : words(text, most, budget);
        } else {
            parts = right
                    ? atSeparatorFromRight(text, separator.chars(), most, budget)
                    : atSeparator(text, separator.chars(), most, budget);
        }
        return ListValue.list(parts);
    }

    private static List<Value> atSeparator(Text text, String separator, long most, Budget budget) {
        List<Value> parts = new ArrayList<>();
        int from = 0;
        for (int found = Search.first(text.chars(), separator, 0, budget);
                found >= 0 && (most < 0 || parts.size() < most);
                found = Search.first(text.chars(), separator, from, budget)) {
            budget.spend(1);
            parts.add(text.substring(from, found));
            from = found + separator.length();
        }
        parts.add(text.substring(from, text.chars().length()));
        return parts;
    }

    private static List<Value> atSeparatorFromRight(Text text, String separator, long most, Budget budget) {
        List<Value> parts = new ArrayList<>();
        int to = text.chars().length();
        while (to >= separator.length() && (most < 0 || parts.size() < most)) {
            int found = Search.last(text.chars(), separator, to - separator.length(), budget);
            if (found < 0) {
                break;
            }
            budget.spend(1);
            parts.add(text.substring(found + separator.length(), to));
            to = found;
        }
        parts.add(text.substring(0, to));
        return parts.reversed();
    }

    private static List<Value> words(Text text, long most, Budget budget) {
        String chars = text.chars();
        List<Value> parts = new ArrayList<>();
        int at = skip(chars, 0, true);
        while (at < chars.length()) {
            budget.spend(1);
            if (most >= 0 && parts.size() >= most) {
                parts.add(text.substring(at, chars.length()));
                break;
            }
            int end = skip(chars, at, false);
            parts.add(text.substring(at, end));
            at = skip(chars, end, true);
        }
        return parts;
    }

    private static List<Value> wordsFromRight(Text text, long most, Budget budget) {
        String chars = text.chars();
        List<Value> parts = new ArrayList<>();
        int to = skipBack(chars, chars.length(), true);
        while (to > 0) {
            budget.spend(1);
            if (most >= 0 && parts.size() >= most) {
                parts.add(text.substring(0, to));
                break;
            }
            int from = skipBack(chars, to, false);
            parts.add(text.substring(from, to));
            to = skipBack(chars, from, true);
        }
        return parts.reversed();
    }

    private static int skip(String chars, int from, boolean spaces) {
        int i = from;
        while (i < chars.length() && PythonChars.isSpace(chars.charAt(i)) == spaces) {
            i++;
        }
        return i;
    }

    private static int skipBack(String chars, int to, boolean spaces) {
        int i = to;
        while (i > 0 && PythonChars.isSpace(chars.charAt(i - 1)) == spaces) {
            i--;
        }
        return i;
    }

    /** {@code str.splitlines}: without the line ends. */
    static List<Value> lines(Text text, Budget budget) {
        String chars = text.chars();
        budget.make(chars.length());
        List<Value> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < chars.length(); i++) {
            if (isLineEnd(chars.charAt(i))) {
                budget.spend(1);
                lines.add(text.substring(from, i));
                if (chars.charAt(i) == '\r' && i + 1 < chars.length() && chars.charAt(i + 1) == '\n') {
                    i++;
                }
                from = i + 1;
            }
        }
        if (from < chars.length()) {
            lines.add(text.substring(from, chars.length()));
        }
        return lines;
    }

    private static boolean isLineEnd(char c) {
        return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    /** The text before, at and after a separator found at that offset; -1 for not found. */
    static Value partition(Text text, Text separator, int found, boolean right, Budget budget) {
        budget.make(text.chars().length());
        if (found < 0) {
            return right
                    ? ListValue.tuple(Text.EMPTY, Text.EMPTY, text)
                    : ListValue.tuple(text, Text.EMPTY, Text.EMPTY);
        }
        int end = found + separator.chars().length();
        return ListValue.tuple(
                text.substring(0, found),
                text.substring(found, end),
                text.substring(end, text.chars().length()));
    }
}
