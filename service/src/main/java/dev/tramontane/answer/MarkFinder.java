package dev.tramontane.answer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for marks in a text of which more may come. */
final class MarkFinder {
    private MarkFinder() {}

    /**
     * What was found.
     *
     * @param at where the first mark begins; without one, from where on the text may be the beginning of one, its length
     *     where it is none
     * @param mark the longest that begins there, or null
     */
    record Found(int at, @Nullable Mark mark) {}

    static Found in(CharSequence text, List<Mark> marks) {
        for (int at = 0; at < text.length(); at++) {
            Mark longest = null;
            boolean begun = false;
            for (Mark mark : marks) {
                int same = common(text, at, mark.text());
                if (same == mark.text().length()) {
                    longest = longest == null || longest.text().length() < same ? mark : longest;
                } else {
                    begun |= at + same == text.length();
                }
            }
            if (longest != null || begun) {
                return new Found(at, longest);
            }
        }
        return new Found(text.length(), null);
    }

    /** How many characters of the mark stand there. */
    private static int common(CharSequence text, int at, String mark) {
        int most = Math.min(mark.length(), text.length() - at);
        int same = 0;
        while (same < most && text.charAt(at + same) == mark.charAt(same)) {
            same++;
        }
        return same;
    }
}
