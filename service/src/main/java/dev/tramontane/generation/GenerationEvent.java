package dev.tramontane.generation;

import java.util.List;

/** What a generation yields, in order: one Accepted, one Scored if asked for, then per choice Deltas and one Finished. */
public sealed interface GenerationEvent {

    /** A token with its text, for log-probability reports. {@code bytes} are the token's own, possibly half a character. */
    record Token(int id, String text, byte[] bytes, float logprob, List<Alternative> tops) {}

    /** One of the most likely tokens at a place. */
    record Alternative(int id, String text, byte[] bytes, float logprob) {}

    /** The request was admitted or queued. */
    record Accepted(int[] promptIds) implements GenerationEvent {}

    /** The prompt's tokens with their log-probabilities; the first has none (NaN). */
    record Scored(List<Token> prompt) implements GenerationEvent {}

    /** More text of a choice. {@code text} is whole code points; may be empty when only {@code tokens} are new. */
    record Delta(int choice, String text, List<Token> tokens) implements GenerationEvent {}

    /** A choice is over. */
    record Finished(int choice, Reason reason, String stopString, Usage usage) implements GenerationEvent {}

    /** Why a choice ended, in OpenAI's words. */
    enum Reason {
        STOP,
        LENGTH
    }

    /** Tokens counted as OpenAI does. */
    record Usage(int promptTokens, int cachedTokens, int completionTokens) {}
}
