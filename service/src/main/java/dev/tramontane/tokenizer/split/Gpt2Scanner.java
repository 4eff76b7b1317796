package dev.tramontane.tokenizer.split;

import static dev.tramontane.tokenizer.split.CodePoints.LETTER;
import static dev.tramontane.tokenizer.split.CodePoints.NUMBER;
import static dev.tramontane.tokenizer.split.CodePoints.SPACE;

/**
 * GPT-2's rule ({@code encoder.py} of its release):
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</pre>
 *
 * With {@code loneDigits} each {@code \p{N}} is cut out first and the rest split on both sides of it, as StarCoder and
 * SmolLM do; white space in front of a digit then is at the end of its text.
 */
final class Gpt2Scanner extends Scanner {
    private final boolean loneDigits;

    Gpt2Scanner(boolean loneDigits) {
        this.loneDigits = loneDigits;
    }

    @Override
    int end(String text, int at, int to) {
        int contraction = contraction(text, at, to, false);
        if (contraction > at) {
            return contraction;
        }
        int body = text.charAt(at) == ' ' && at + 1 < to ? at + 1 : at;
        int classes = classesAt(text, body, to);
        if ((classes & LETTER) != 0) {
            return run(text, body, to, LETTER);
        }
        if ((classes & NUMBER) != 0) {
            if (loneDigits) {
                return body > at ? body : after(text, at);
            }
            return run(text, body, to, NUMBER);
        }
        if ((classes & SPACE) == 0) {
            return runOutside(text, body, to, LETTER | NUMBER | SPACE);
        }
        if (loneDigits) {
            int end = run(text, at, to, SPACE);
            if ((classesAt(text, end, to) & NUMBER) != 0) {
                return end;
            }
        }
        return spaces(text, at, to);
    }
}
