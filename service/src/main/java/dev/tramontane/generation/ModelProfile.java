package dev.tramontane.generation;

/**
 * What a served model can be asked for.
 *
 * @param contextTokens prompt and answer together
 * @param chats whether conversations can be laid out for it
 */
public record ModelProfile(int contextTokens, boolean chats) {}
