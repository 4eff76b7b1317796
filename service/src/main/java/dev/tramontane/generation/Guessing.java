package dev.tramontane.generation;

import dev.tramontane.engine.Speculation;

/**
 * What a request says of guessing its answers' tokens ahead, which changes when they come and nothing else.
 *
 * @param method where guesses come from
 * @param tokens that are guessed at a time at most, 1..{@link Speculation#MOST}
 * @param expected a text that the answer is expected to be much like; empty for none
 */
public record Guessing(Speculation.Method method, int tokens, String expected) {}
