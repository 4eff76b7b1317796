package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.WhiteSpace;

/**
 * Goes through the special tokens in a stretch of text, from left to right, the longest first. A control token counts
 * only where all its characters are trusted. Not thread-safe.
 */
final class SpecialSearch {
    private final SpecialTokens tokens;
    private final SpecialRules rules;
    private final TrustedRanges trusted;
    private final String text;
    private final int to;
    /** Place in the prompt of the text's first character. */
    private final int origin;
    /** Place in the prompt of the stretch; what is put before it is trusted as far as its first character is. */
    private final int first;
    /** Whether a space is white space here, and not a character of its own. */
    private final boolean spaceIsWhite;

    private int at;
    private int start;
    private int end;
    private int id;

    /** Searches {@code text[from, to)}, which is the prompt itself. */
    SpecialSearch(SpecialTokens tokens, SpecialRules rules, TrustedRanges trusted, String text, int from, int to) {
        this(tokens, rules, trusted, text, from, to, 0, from, true);
    }

    private SpecialSearch(
            SpecialTokens tokens,
            SpecialRules rules,
            TrustedRanges trusted,
            String text,
            int from,
            int to,
            int origin,
            int first,
            boolean spaceIsWhite) {
        this.tokens = tokens;
        this.rules = rules;
        this.trusted = trusted;
        this.text = text;
        this.to = to;
        this.origin = origin;
        this.first = first;
        this.spaceIsWhite = spaceIsWhite;
        at = from;
        end = from;
    }

    /**
     * Searches the normalized form of the prompt's {@code [from, to)}; it may have more characters in front.
     *
     * @param spaceIsWhite whether a space is white space there, and does not stand for U+2581
     */
    static SpecialSearch ofNormalized(
            SpecialTokens tokens,
            SpecialRules rules,
            TrustedRanges trusted,
            String text,
            int from,
            int to,
            boolean spaceIsWhite) {
        int length = text.length();
        return new SpecialSearch(tokens, rules, trusted, text, 0, length, to - length, from, spaceIsWhite);
    }

    /** Goes to the next token; false when there is none. */
    boolean next() {
        if (trusted.isEmpty() && !tokens.matchText()) {
            return false;
        }
        int previousEnd = end;
        while (at < to) {
            if (!tokens.mayStart(text.charAt(at))) {
                at++;
                continue;
            }
            long found = tokens.longest(text, at, to, trustedEnd());
            if (found < 0) {
                at++;
                continue;
            }
            id = (int) found;
            start = at;
            end = (int) (found >>> 32);
            at = end;
            strip(previousEnd);
            return true;
        }
        return false;
    }

    private int trustedEnd() {
        int place = Math.max(origin + at, first);
        int trustedTo = trusted.endAt(place);
        return trustedTo == place ? at : trustedTo - origin;
    }

    private void strip(int previousEnd) {
        if (rules.stripsLeft().get(id)) {
            while (start > previousEnd && isWhite(text.charAt(start - 1))) {
                start--;
            }
        }
        if (rules.stripsRight().get(id)) {
            while (end < to && isWhite(text.charAt(end))) {
                end++;
            }
            at = end;
        }
    }

    private boolean isWhite(char c) {
        return WhiteSpace.is(c) && (spaceIsWhite || c != ' ');
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    int id() {
        return id;
    }
}
