package dev.tramontane.json;

import java.util.Collection;

/** Suggestions for misspelt names. */
public final class Nearest {
    /** A longer name is no misspelling of any here, and comparing takes its length times the other's. */
    private static final int LONGEST = 64;

    private Nearest() {}

    /** "; did you mean port?", or nothing when no candidate is spelled alike. */
    public static String suggestion(String given, Collection<String> candidates) {
        if (given.length() > LONGEST) {
            return "";
        }
        String best = "";
        int least = Math.max(2, given.length() / 3);
        for (String candidate : candidates) {
            int distance = distance(given, candidate);
            // Of names that are equally near, the first in order, so that the answer is always the same.
            if (distance <= least && (best.isEmpty() || distance < least || candidate.compareTo(best) < 0)) {
                best = candidate;
                least = distance;
            }
        }
        return best.isEmpty() ? "" : "; did you mean " + best + "?";
    }

    /** Edits (insert, delete, replace) from one word to the other: Levenshtein, row by row. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
