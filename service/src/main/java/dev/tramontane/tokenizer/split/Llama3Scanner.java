package dev.tramontane.tokenizer.split;

import static dev.tramontane.tokenizer.split.CodePoints.LETTER;
import static dev.tramontane.tokenizer.split.CodePoints.MARK;
import static dev.tramontane.tokenizer.split.CodePoints.NUMBER;
import static dev.tramontane.tokenizer.split.CodePoints.SPACE;

/**
 * The rule of cl100k and its children, from the {@code tokenizer.json} of Llama 3, with three digits:
 *
 * <pre>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</pre>
 *
 * Qwen 2 cuts single digits; Qwen 3.5 counts marks as letters: {@code [\p{L}\p{M}]+} and {@code [^\s\p{L}\p{M}\p{N}]+}.
 */
final class Llama3Scanner extends Scanner {
    private final int mostDigits;
    private final int letters;

    Llama3Scanner(int mostDigits, boolean marksAreLetters) {
        this.mostDigits = mostDigits;
        this.letters = marksAreLetters ? LETTER | MARK : LETTER;
    }

    @Override
    int end(String text, int at, int to) {
        int contraction = contraction(text, at, to, true);
        if (contraction > at) {
            return contraction;
        }
        int classes = classesAt(text, at, to);
        if ((classes & letters) != 0) {
            return run(text, at, to, letters);
        }
        if ((classes & NUMBER) != 0) {
            return digits(text, at, to, mostDigits);
        }
        char c = text.charAt(at);
        int second = after(text, at);
        if (c != '\r' && c != '\n' && (classesAt(text, second, to) & letters) != 0) {
            return run(text, second, to, letters);
        }
        int body = c == ' ' && second < to ? second : at;
        int end = runOutside(text, body, to, letters | NUMBER | SPACE);
        return end > body ? runOf(text, end, to, "\r\n") : spacesAndLines(text, at, to);
    }
}
