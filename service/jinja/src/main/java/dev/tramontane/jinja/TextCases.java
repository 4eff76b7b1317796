package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import java.util.Locale;

/** Upper and lower case as Python's {@code str} has them, and as jinja2's title filter. */
final class TextCases {

    private TextCases() {}

    static Text upper(Text text, Budget budget) {
        return changed(text, text.chars().toUpperCase(Locale.ROOT), true, budget);
    }

    static Text lower(Text text, Budget budget) {
        return changed(text, text.chars().toLowerCase(Locale.ROOT), false, budget);
    }

    /** Where the length stays (nearly always) origins stay in place; else characters change one by one. */
    private static Text changed(Text text, String whole, boolean up, Budget budget) {
        budget.make(whole.length());
        if (whole.length() == text.chars().length()) {
            return text.withChars(whole);
        }
        return text.map(budget, c -> up ? upper(c) : lower(c));
    }

    private static String upper(int codePoint) {
        return Character.toString(codePoint).toUpperCase(Locale.ROOT);
    }

    private static String lower(int codePoint) {
        return Character.toString(codePoint).toLowerCase(Locale.ROOT);
    }

    private static String titled(int codePoint) {
        int single = Character.toTitleCase(codePoint);
        return single != codePoint ? Character.toString(single) : upper(codePoint);
    }

    static Text capitalize(Text text, Budget budget) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.chars().codePointAt(0));
        Text head = text.substring(0, first).map(budget, TextCases::titled);
        return new TextBuilder(budget)
                .append(head)
                .append(lower(text.substring(first, text.chars().length()), budget))
                .toText();
    }

    /** {@code str.title}: every letter after something without case. */
    static Text title(Text text, Budget budget) {
        boolean[] inWord = {false};
        return text.map(budget, codePoint -> {
            String changed = inWord[0] ? lower(codePoint) : titled(codePoint);
            inWord[0] = isCased(codePoint);
            return changed;
        });
    }

    /** jinja2's filter: words begin after blanks, dashes and opening brackets, so that it's stays it's. */
    static Text titleWords(Text text, Budget budget) {
        boolean[] begins = {true};
        return text.map(budget, codePoint -> {
            boolean border = PythonChars.isSpace(codePoint) || "-({[<".indexOf(codePoint) >= 0;
            String changed = border ? Character.toString(codePoint) : begins[0] ? upper(codePoint) : lower(codePoint);
            begins[0] = border;
            return changed;
        });
    }

    static Text swap(Text text, Budget budget) {
        return text.map(budget, c -> Character.isUpperCase(c) ? lower(c) : upper(c));
    }

    private static boolean isCased(int codePoint) {
        return Character.isUpperCase(codePoint) || Character.isLowerCase(codePoint) || Character.isTitleCase(codePoint);
    }

    static boolean isUpper(Text text) {
        return text.chars().codePoints().anyMatch(Character::isUpperCase)
                && text.chars().codePoints().noneMatch(c -> isCased(c) && !Character.isUpperCase(c));
    }

    static boolean isLower(Text text) {
        return text.chars().codePoints().anyMatch(Character::isLowerCase)
                && text.chars().codePoints().noneMatch(c -> isCased(c) && !Character.isLowerCase(c));
    }
}
