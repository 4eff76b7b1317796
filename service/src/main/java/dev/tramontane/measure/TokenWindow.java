package dev.tramontane.measure;

import java.io.IOException;

/** A window that slides over a text. Holds one window's tokens and one more, to know whether it is the last. */
final class TokenWindow {
    private final WindowRule rule;
    private final TokenSource text;
    private final int[] tokens;
    private int held;
    private int replaced;
    private long number = -1;

    TokenWindow(WindowRule rule, TokenSource text) {
        this.rule = rule;
        this.text = text;
        tokens = new int[rule.context() + 1];
    }

    /** Moves to the next window; false when the last one reached the text's end. */
    boolean next() throws IOException {
        if (number >= 0) {
            if (held <= rule.context()) {
                return false;
            }
            tokens[0] = replaced;
            held -= rule.stride();
            System.arraycopy(tokens, rule.stride(), tokens, 0, held);
        }
        number++;
        held += text.read(tokens, held, tokens.length - held);
        replaced = tokens[0];
        rule.bos().ifPresent(bos -> tokens[0] = bos);
        return held > 0;
    }

    /** Tokens of this window. */
    int length() {
        return Math.min(held, rule.context());
    }

    /** The tokens, {@link #length} of them; to be read only, until the next one. */
    int[] tokens() {
        return tokens;
    }

    /** The first token that is scored. */
    int firstScored() {
        return rule.firstScored(number == 0);
    }

    /** Tokens of the text from its beginning to this window's end. */
    long read() {
        return number * rule.stride() + length();
    }
}
