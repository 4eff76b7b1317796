package dev.tramontane.tokenizer.split;

/**
 * A rule whose words each depend only on the text from where they start, as the alternatives of one regular
 * expression do that covers every character. Holds what the expressions have in common.
 */
abstract class Scanner implements PreTokenizer {

    /** Where the word ends that starts at {@code at}; {@code at < end(at) <= to}. */
    abstract int end(String text, int at, int to);

    @Override
    public final void split(String text, int from, int to, WordSink sink) {
        int at = from;
        while (at < to) {
            int end = end(text, at, to);
            sink.word(at, end);
            at = end;
        }
    }

    /** The end of the run of code points at {@code at} that are in any of the given classes. */
    static int run(String text, int at, int to, int classes) {
        int i = at;
        while (i < to) {
            char c = text.charAt(i);
            if (!Character.isHighSurrogate(c)) {
                if ((CodePoints.classes(c) & classes) == 0) {
                    return i;
                }
                i++;
            } else {
                if ((CodePoints.classes(text.codePointAt(i)) & classes) == 0) {
                    return i;
                }
                i += 2;
            }
        }
        return i;
    }

    /** The end of the run of code points at {@code at} that are in none of the given classes. */
    static int runOutside(String text, int at, int to, int classes) {
        int i = at;
        while (i < to) {
            int codePoint = text.codePointAt(i);
            if ((CodePoints.classes(codePoint) & classes) != 0) {
                return i;
            }
            i += Character.charCount(codePoint);
        }
        return i;
    }

    /** The end of the run of the given ASCII characters at {@code at}. */
    static int runOf(String text, int at, int to, String characters) {
        int i = at;
        while (i < to && characters.indexOf(text.charAt(i)) >= 0) {
            i++;
        }
        return i;
    }

    /** The classes of the code point at {@code at}; none at the end of the text. */
    static int classesAt(String text, int at, int to) {
        return at < to ? CodePoints.classes(text.codePointAt(at)) : 0;
    }

    /** The index after the code point at {@code at}. */
    static int after(String text, int at) {
        return at + (Character.isHighSurrogate(text.charAt(at)) ? 2 : 1);
    }

    /** {@code \p{N}{1,most}} at a digit. */
    static int digits(String text, int at, int to, int most) {
        int i = at;
        for (int n = 0; n < most && (classesAt(text, i, to) & CodePoints.NUMBER) != 0; n++) {
            i = after(text, i);
        }
        return i;
    }

    /** {@code \s+(?!\S)|\s+} at white space: leaves the last one to the word that follows, unless it is alone. */
    static int spaces(String text, int at, int to) {
        int end = run(text, at, to, CodePoints.SPACE);
        return end == to || end - 1 == at ? end : end - 1;
    }

    /** {@code \s*[\r\n]+|\s+(?!\S)|\s+} at white space. */
    static int spacesAndLines(String text, int at, int to) {
        int end = run(text, at, to, CodePoints.SPACE);
        for (int i = end; i > at; i--) {
            char c = text.charAt(i - 1);
            if (c == '\n' || c == '\r') {
                return i;
            }
        }
        return end == to || end - 1 == at ? end : end - 1;
    }

    /**
     * {@code 's|'t|'re|'ve|'m|'ll|'d}; returns {@code at} where none stands. With {@code anyCase}, as {@code (?i:...)}:
     * the long s (U+017F) folds to s in Unicode.
     */
    static int contraction(String text, int at, int to, boolean anyCase) {
        if (at + 1 >= to || text.charAt(at) != '\'') {
            return at;
        }
        char first = fold(text.charAt(at + 1), anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return at + 2;
        }
        if (at + 2 < to) {
            char second = fold(text.charAt(at + 2), anyCase);
            boolean pair = (second == 'e' && (first == 'r' || first == 'v')) || (second == 'l' && first == 'l');
            return pair ? at + 3 : at;
        }
        return at;
    }

    private static char fold(char c, boolean anyCase) {
        if (!anyCase) {
            return c;
        }
        return c == '\u017F' ? 's' : c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }
}
