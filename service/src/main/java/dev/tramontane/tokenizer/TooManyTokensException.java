package dev.tramontane.tokenizer;

/** A text has more tokens than its encoding was limited to. */
public final class TooManyTokensException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param tokens the limit */
    public TooManyTokensException(int tokens) {
        super("the text has more than " + tokens + " tokens", null, false, false);
    }
}
