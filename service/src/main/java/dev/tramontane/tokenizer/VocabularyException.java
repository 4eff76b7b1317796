package dev.tramontane.tokenizer;

/** A vocabulary that cannot be used; the message says what is wrong with it and where, fit for people. */
public final class VocabularyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public VocabularyException(String message) {
        super(message);
    }
}
