package dev.tramontane.answer;

/**
 * What begins or ends a part of an answer.
 *
 * @param text as the vocabulary or the model spells it
 * @param control whether it is a control token of the vocabulary, which no text can forge; else it is found in the text
 */
record Mark(String text, boolean control) {
    boolean is(String piece) {
        return control && text.equals(piece);
    }
}
