package dev.tramontane.tokenizer;

/**
 * What becomes of the spaces of a text before its characters are merged.
 *
 * <p>Vocabularies of this kind spell a space U+2581, and a U+2581 in a text counts as a space. Here it is the other way
 * round: texts keep their spaces, and pieces are looked up with spaces, which saves a copy of the text.
 *
 * @param prefix when a space is put before a stretch of text
 * @param collapse whether spaces at both ends are left out and runs of them become one ({@code
 *     remove_extra_whitespaces} of SentencePiece)
 * @param escape whether pieces spell a space U+2581 ({@code escape_whitespaces})
 * @param cut whether a word begins at every space, and not only at the first of a run
 */
record SpaceRule(Prefix prefix, boolean collapse, boolean escape, boolean cut) {
    static final char ESCAPED = '\u2581';

    /** When a space is put before a stretch of text; a stretch is what special tokens leave of a text. */
    enum Prefix {
        NEVER,
        /**
         * SentencePiece's rule: before the text. Also before a stretch that follows a control token and has no space
         * itself, which gives, for Mistral's layouts, the ids of mistral-common, which encodes each message as a text
         * of its own: both where the template writes the space ({@code [INST] hi}) and where it does not
         * ({@code <s>[INST]} of the first version).
         */
        TEXT,
        /** The normalizer Prepend of the tokenizers library: before every stretch. */
        STRETCH,
        /** Its pre-tokenizer Metaspace, "always": before every stretch that does not begin with one. */
        BARE_STRETCH,
        /** Metaspace, "first": before a stretch that begins the text and not with a space. */
        BARE_TEXT
    }

    /** SentencePiece's rule where nothing else is said. */
    static SpaceRule sentencePiece(boolean prefix) {
        return new SpaceRule(prefix ? Prefix.TEXT : Prefix.NEVER, false, true, false);
    }

    /** Whether a space is put before {@code text[from, to)}, which is spelled. */
    boolean prefixes(String text, int from, int to, PieceTokenizer.Before before) {
        boolean bare = from == to || text.charAt(from) != ' ';
        return switch (prefix) {
            case NEVER -> false;
            case TEXT -> before == PieceTokenizer.Before.NOTHING || (before == PieceTokenizer.Before.CONTROL && bare);
            case STRETCH -> from < to;
            case BARE_STRETCH -> from < to && bare;
            case BARE_TEXT -> from < to && bare && before == PieceTokenizer.Before.NOTHING;
        };
    }

    /** The text as pieces are looked up, of the same length. */
    String spell(String text) {
        return escape ? text.replace(ESCAPED, ' ') : text;
    }

    /** Whether spaces are dealt with by a normalizer of the tokenizers library, before its pre-tokenizer. */
    boolean normalizes() {
        return prefix == Prefix.STRETCH || prefix == Prefix.NEVER;
    }

    /** A stretch as such a normalizer leaves it. */
    String normalize(String stretch) {
        if (!normalizes()) {
            return stretch;
        }
        return prefix == Prefix.STRETCH ? " " + spell(stretch) : spell(stretch);
    }

    /** Whether a space is put before part of a stretch that {@link #normalize} has dealt with. */
    boolean prefixesNormalized(String text, int from, int to, PieceTokenizer.Before before) {
        return prefix != Prefix.STRETCH && prefixes(text, from, to, before);
    }

    /** The text of a stretch that is a text of its own, without its extra spaces; not yet spelled. */
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
