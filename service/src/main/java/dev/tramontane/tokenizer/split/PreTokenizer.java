package dev.tramontane.tokenizer.split;

/** A rule that cuts a text into words; merges never cross the border between two words. */
public interface PreTokenizer {

    /** Takes the words in order; together they are the whole text. */
    @FunctionalInterface
    interface WordSink {
        /** The next word is {@code text[start, end)}, never empty. */
        void word(int start, int end);
    }

    /**
     * Cuts {@code text[from, to)} as if nothing stood before and after it. The text has no lone surrogates, and
     * {@code from} and {@code to} are not inside a surrogate pair.
     */
    void split(String text, int from, int to, WordSink sink);
}
