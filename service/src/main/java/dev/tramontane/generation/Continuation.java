package dev.tramontane.generation;

import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Token;
import java.util.Collection;
import java.util.stream.IntStream;

/**
 * How far one answer of a request had come when it was interrupted: what its deltas have told. Whatever was generated
 * beyond that is generated again, the same. The array is not copied and must not change.
 *
 * @param choice which of the request's answers
 * @param tokens ids that its deltas have reported, in order
 * @param codePoints of the text that its deltas carried; more or fewer than the tokens stand for, where text was held back
 * @param cachedTokens of the prompt, found where the answer began, as its usage has it; {@link #UNKNOWN} before a delta has
 *     told it
 */
public record Continuation(int choice, int[] tokens, int codePoints, int cachedTokens) {
    /** No delta has told what was found of the prompt. */
    public static final int UNKNOWN = -1;

    /** Of which nobody knows what was found of the prompt: the rest tells what was found for it. */
    public Continuation(int choice, int[] tokens, int codePoints) {
        this(choice, tokens, codePoints, UNKNOWN);
    }

    /** What these deltas have told of a choice, in order; those of others are left out. */
    public static Continuation after(int choice, Collection<Delta> deltas) {
        IntStream.Builder tokens = IntStream.builder();
        int codePoints = 0;
        int cachedTokens = UNKNOWN;
        for (Delta delta : deltas) {
            if (delta.choice() == choice) {
                for (Token token : delta.tokens()) {
                    tokens.add(token.id());
                }
                codePoints += delta.text().codePointCount(0, delta.text().length());
                cachedTokens = delta.cachedTokens();
            }
        }
        return new Continuation(choice, tokens.build().toArray(), codePoints, cachedTokens);
    }
}
