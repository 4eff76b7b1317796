package dev.tramontane.engine;

/**
 * @param contextTokens prompt and answer together
 * @param vocabulary token ids are below this
 * @param maxChoices choices of one submission
 * @param drafts whether there is a draft model
 */
public record EngineLimits(int contextTokens, int vocabulary, int maxChoices, boolean drafts) {
    /** Without a draft model. */
    public EngineLimits(int contextTokens, int vocabulary, int maxChoices) {
        this(contextTokens, vocabulary, maxChoices, false);
    }
}
