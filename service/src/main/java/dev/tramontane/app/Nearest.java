package dev.tramontane.app;

import java.util.function.Function;

/** Suggestions for misspelt settings. */
final class Nearest {
    private Nearest() {}

    /** "; did you mean port?", or nothing when no setting is spelled alike. */
    static String suggestion(String given, Function<Setting, String> spelling) {
        String best = "";
        int least = Math.max(2, given.length() / 3);
        for (Setting setting : Setting.values()) {
            String candidate = spelling.apply(setting);
            int distance = distance(given, candidate);
            if (distance <= least) {
                best = candidate;
                least = distance - 1;
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
