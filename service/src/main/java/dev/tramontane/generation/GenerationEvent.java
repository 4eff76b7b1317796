package dev.tramontane.generation;

import dev.tramontane.answer.AnswerPart;
import java.util.List;

/** What a generation yields, in order: one Accepted, one Scored if asked for, then per choice Deltas and one Finished. */
public sealed interface GenerationEvent {

    /**
     * A token for reports. {@code bytes} are the token's own, possibly part of a character, empty for control tokens;
     * {@code text} spells them, as {@code \xe2\x82} when they are no whole character. {@code start}
     * counts the code points of the answer (of the prompt, if it is scored) before the token, as Python counts a text.
     */
    record Token(int id, String text, byte[] bytes, float logprob, List<Alternative> tops, int start) {}

    /** One of the most likely tokens at a place. */
    record Alternative(int id, String text, byte[] bytes, float logprob) {}

    /** The request was admitted or queued. {@code promptText} is the prompt as text, control tokens of ids left out. */
    record Accepted(int[] promptIds, String promptText) implements GenerationEvent {}

    /** The prompt's tokens with their log-probabilities; the first has none (NaN). */
    record Scored(List<Token> prompt) implements GenerationEvent {}

    /**
     * More text of a choice, whole code points, with the tokens inside which it begins. The text is empty when the token
     * is a control token that is not shown. {@code parts} are what is known by now of what the text says: a call or a
     * thought is known by its mark, so they may lag behind the text. {@code cachedTokens} are those of the prompt that
     * were found in the cache, the same in every delta of a choice and at its end. {@code thoughtTokens} of the choice's
     * tokens so far were of thoughts, as its {@link Usage} counts them.
     */
    record Delta(
            int choice, String text, List<Token> tokens, List<AnswerPart> parts, int cachedTokens, int thoughtTokens)
            implements GenerationEvent {
        /** Where nothing was found, without thoughts. */
        public Delta(int choice, String text, List<Token> tokens, List<AnswerPart> parts) {
            this(choice, text, tokens, parts, 0, 0);
        }

        /** Text that is words and nothing else, and nothing was found. */
        public Delta(int choice, String text, List<Token> tokens) {
            this(choice, text, tokens, words(text));
        }

        /** What a text is that is words and nothing else. */
        static List<AnswerPart> words(String text) {
            return text.isEmpty() ? List.of() : List.of(new AnswerPart.Words(text));
        }
    }

    /**
     * A choice is over. {@code stopString} is the one found, or empty; {@code cutsCall}: it was found in the middle of a tool call, which nobody can
     * answer.
     */
    record Finished(int choice, Reason reason, String stopString, Usage usage, boolean cutsCall)
            implements GenerationEvent {
        /** No call was cut by a stop string. */
        public Finished(int choice, Reason reason, String stopString, Usage usage) {
            this(choice, reason, stopString, usage, false);
        }
    }

    /** Why a choice ended. */
    enum Reason {
        /** By itself, or at a stop string. */
        STOP,
        /** At its limit, or the context's. */
        LENGTH,
        /** Where it was when its deadline passed. */
        DEADLINE
    }

    /**
     * One choice's tokens, end tokens and tokens of a stop string included. Choices share their prompt: a report over
     * several counts it once. {@code reasoningTokens} are those of its thoughts, without their marks; {@code acceptedTokens} were
     * guessed ahead, and {@code rejectedTokens} were guessed and are not in the answer.
     */
    record Usage(
            int promptTokens,
            int cachedTokens,
            int completionTokens,
            int reasoningTokens,
            int acceptedTokens,
            int rejectedTokens) {
        /** Of an answer of which nothing was guessed. */
        public Usage(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) {
            this(promptTokens, cachedTokens, completionTokens, reasoningTokens, 0, 0);
        }

        /** Of an answer without thoughts. */
        public Usage(int promptTokens, int cachedTokens, int completionTokens) {
            this(promptTokens, cachedTokens, completionTokens, 0);
        }
    }
}
