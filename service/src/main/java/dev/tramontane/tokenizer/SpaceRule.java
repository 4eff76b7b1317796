package dev.tramontane.tokenizer;

/**
 * What SentencePiece does with the spaces of a text before it encodes it ({@code NormalizerSpec} in
 * sentencepiece_model.proto).
 *
 * @param prefix whether a space is put before the text ({@code add_dummy_prefix})
 * @param collapse whether spaces at both ends are left out and runs of them become one ({@code
 *     remove_extra_whitespaces})
 * @param escape whether pieces spell a space U+2581 ({@code escape_whitespaces})
 */
record SpaceRule(boolean prefix, boolean collapse, boolean escape) {
    private static final char ESCAPED = '\u2581';

    /** How pieces spell a space. */
    char space() {
        return escape ? ESCAPED : ' ';
    }

    /** The text with its spaces as pieces spell them, of the same length. */
    String spell(String text) {
        return escape ? text.replace(' ', ESCAPED) : text;
    }

    /** The text in which special tokens are searched; extra spaces must still be told from U+2581 afterwards. */
    String searched(String text) {
        return collapse ? text : spell(text);
    }

    /** The text that a piece stands for. */
    static String unspell(String piece) {
        return piece.replace(ESCAPED, ' ');
    }

    /** {@code text[from, to)}, not yet spelled, as a text of its own without its extra spaces. */
    String collapsed(String text, int from, int to) {
        StringBuilder collapsed = new StringBuilder(to - from);
        char last = ' ';
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c != ' ' || last != ' ') {
                collapsed.append(c);
            }
            last = c;
        }
        int length = collapsed.length();
        while (length > 0 && isSpace(collapsed.charAt(length - 1))) {
            length--;
        }
        collapsed.setLength(length);
        return collapsed.toString();
    }

    private boolean isSpace(char c) {
        return c == ' ' || (escape && c == ESCAPED);
    }
}
