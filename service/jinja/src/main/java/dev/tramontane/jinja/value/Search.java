package dev.tramontane.jinja.value;

/**
 * Finds a string in another in linear time: the JDK's search takes the product of both lengths at worst, which a
 * template could make large.
 */
public final class Search {
    /** Longer patterns are worth a table (Knuth, Morris and Pratt, 1977). */
    private static final int SHORT = 32;

    private Search() {}

    /** The first place at or after {@code from}, or -1. Costs what it has to look at. */
    public static int first(String text, String pattern, int from, Budget budget) {
        int found = pattern.length() <= SHORT ? text.indexOf(pattern, from) : firstLong(text, pattern, from, budget);
        budget.read((found < 0 ? text.length() : found) - (long) from);
        return found;
    }

    private static int firstLong(String text, String pattern, int from, Budget budget) {
        int[] table = table(pattern, budget);
        int matched = 0;
        for (int i = from; i < text.length(); i++) {
            matched = advance(pattern, table, matched, text.charAt(i));
            if (matched == pattern.length()) {
                return i + 1 - matched;
            }
        }
        return -1;
    }

    /** The last place at or before {@code from}, or -1. */
    public static int last(String text, String pattern, int from, Budget budget) {
        if (pattern.length() <= SHORT) {
            int found = text.lastIndexOf(pattern, from);
            budget.read((long) from - Math.max(found, 0));
            return found;
        }
        budget.read(text.length());
        int[] table = table(pattern, budget);
        int matched = 0;
        int last = -1;
        int end = (int) Math.min(text.length(), (long) from + pattern.length());
        for (int i = 0; i < end; i++) {
            matched = advance(pattern, table, matched, text.charAt(i));
            if (matched == pattern.length()) {
                last = i + 1 - matched;
                matched = table[matched - 1];
            }
        }
        return last;
    }

    private static int advance(String pattern, int[] table, int matched, char next) {
        int length = matched;
        while (length > 0 && pattern.charAt(length) != next) {
            length = table[length - 1];
        }
        return pattern.charAt(length) == next ? length + 1 : 0;
    }

    /** [pattern] the longest proper beginning that also ends there. */
    private static int[] table(String pattern, Budget budget) {
        budget.read(pattern.length());
        int[] table = new int[pattern.length()];
        for (int i = 1; i < table.length; i++) {
            table[i] = advance(pattern, table, table[i - 1], pattern.charAt(i));
        }
        return table;
    }
}
