package dev.tramontane.engine;

/**
 * @param contextTokens prompt and answer together
 * @param vocabulary token ids are below this
 * @param maxChoices choices of one submission
 */
public record EngineLimits(int contextTokens, int vocabulary, int maxChoices) {}
