package dev.tramontane.engine;

/**
 * How a sequence ended.
 *
 * <p>What of the prompt was computed for an earlier request is cached. Choices of one submission share their prompt: it is
 * computed once, and the choices that got it for nothing report it as cached, too. A usage report that counts a request's prompt once takes the first choice's numbers.
 *
 * @param reason why
 * @param endToken the end token that was sampled, or -1
 * @param promptTokens tokens of the prompt
 * @param cachedTokens of these, not computed again because their pages were shared
 * @param generatedTokens tokens of the answer, those that were continued and the end token included
 * @param acceptedGuesses tokens that were guessed ahead, and were those drawn
 * @param rejectedGuesses tokens that were guessed ahead, and were not
 * @param error what failed, fit for the client; empty unless reason is ERROR
 */
public record Finish(
        FinishReason reason,
        int endToken,
        int promptTokens,
        int cachedTokens,
        int generatedTokens,
        int acceptedGuesses,
        int rejectedGuesses,
        String error) {

    /** The same where whoever should be told of it broke before. */
    Finish broken() {
        return new Finish(
                FinishReason.ERROR,
                -1,
                promptTokens,
                cachedTokens,
                generatedTokens,
                acceptedGuesses,
                rejectedGuesses,
                EngineLoop.BROKEN);
    }

    /** Nothing was guessed. */
    public Finish(
            FinishReason reason, int endToken, int promptTokens, int cachedTokens, int generatedTokens, String error) {
        this(reason, endToken, promptTokens, cachedTokens, generatedTokens, 0, 0, error);
    }
}
