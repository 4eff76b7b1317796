package dev.tramontane.tokenizer;

/** A text holds a token that the tokenizer has and the model does not. The message names it, for whoever wrote the text. */
public final class UnreadableTokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param piece the token as the file spells it */
    public UnreadableTokenException(String piece, int id) {
        super("The text holds the token " + Quoted.of(piece) + " (id " + id
                + "), which this model cannot read: its embedding has no row for it.");
    }
}
