package dev.tramontane.tokenizer.split;

import static dev.tramontane.tokenizer.split.CodePoints.LETTER;
import static dev.tramontane.tokenizer.split.CodePoints.LOWER;
import static dev.tramontane.tokenizer.split.CodePoints.NUMBER;
import static dev.tramontane.tokenizer.split.CodePoints.SPACE;
import static dev.tramontane.tokenizer.split.CodePoints.UPPER;

/**
 * The rules that cut camel case. Mistral's tekken, from its {@code tekken.json}, with
 * {@code U = \p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}} and {@code L = \p{Ll}\p{Lm}\p{Lo}\p{M}}:
 *
 * <pre>[^\r\n\p{L}\p{N}]?[U]*[L]+|[^\r\n\p{L}\p{N}]?[U]+[L]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</pre>
 *
 * GPT-4o's (o200k) differs in {@code \p{N}{1,3}} and {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)?} after both words.
 */
final class CasedScanner extends Scanner {
    private final int mostDigits;
    private final boolean contractions;

    CasedScanner(int mostDigits, boolean contractions) {
        this.mostDigits = mostDigits;
        this.contractions = contractions;
    }

    @Override
    int end(String text, int at, int to) {
        int classes = classesAt(text, at, to);
        char c = text.charAt(at);
        boolean mayLead = (classes & (LETTER | NUMBER)) == 0 && c != '\r' && c != '\n';
        int second = after(text, at);
        int end = mayLead ? lowerEnd(text, second, to) : -1;
        if (end < 0) {
            end = lowerEnd(text, at, to);
        }
        if (end < 0) {
            // No lower-case letter follows: the second alternative is a plain run.
            int start = mayLead && (classesAt(text, second, to) & UPPER) != 0 ? second : at;
            int run = run(text, start, to, UPPER);
            end = run > start ? run : -1;
        }
        if (end >= 0) {
            return contractions ? contraction(text, end, to, true) : end;
        }
        if ((classes & NUMBER) != 0) {
            return digits(text, at, to, mostDigits);
        }
        int body = c == ' ' && second < to ? second : at;
        end = runOutside(text, body, to, LETTER | NUMBER | SPACE);
        return end > body ? runOf(text, end, to, "\r\n/") : spacesAndLines(text, at, to);
    }

    /**
     * {@code [U]*[L]+} at {@code at}; -1 where it does not match. Both classes hold modifier letters, letters without
     * case and marks: when no lower-case letter follows the greedy run of U, it gives back up to the last of those.
     */
    private static int lowerEnd(String text, int at, int to) {
        int i = at;
        int lastInBoth = -1;
        while (i < to) {
            int classes = classesAt(text, i, to);
            if ((classes & UPPER) == 0) {
                break;
            }
            i = after(text, i);
            if ((classes & LOWER) != 0) {
                lastInBoth = i;
            }
        }
        int end = run(text, i, to, LOWER);
        return end > i ? end : lastInBoth;
    }
}
