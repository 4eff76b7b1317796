package dev.tramontane.engine;

/**
 * A token with its log-probability.
 *
 * @param id the token
 * @param logprob natural logarithm of its raw model probability
 * @param topIds most likely tokens first; empty when not asked for
 * @param topLogprobs their log-probabilities
 */
public record TokenScore(int id, float logprob, int[] topIds, float[] topLogprobs) {}
