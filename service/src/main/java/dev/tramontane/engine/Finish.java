package dev.tramontane.engine;

/**
 * How a sequence ended.
 *
 * @param reason why
 * @param endToken the end token that was drawn, or -1
 * @param promptTokens tokens of the prompt
 * @param cachedTokens of these, not computed again because their pages were shared
 * @param generatedTokens tokens generated, the end token included
 * @param error what failed, fit for the client; empty unless reason is ERROR
 */
public record Finish(
        FinishReason reason, int endToken, int promptTokens, int cachedTokens, int generatedTokens, String error) {}
