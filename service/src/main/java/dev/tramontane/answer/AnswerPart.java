package dev.tramontane.answer;

/** A stretch of an answer. Stretches of one kind that follow each other belong together. */
public sealed interface AnswerPart {
    /** What it adds to the answer: empty for a beginning. */
    String text();

    /** Of the answer itself. */
    record Words(String text) implements AnswerPart {}

    /** Of what the model thinks before or between its words. */
    record Thought(String text) implements AnswerPart {}

    /**
     * A tool is called from here on.
     *
     * @param index of the call in the answer, from 0
     * @param id as the model wrote it, or empty: then it has {@link AnswerStyle#callId}
     */
    record CallBegun(int index, String id, String name) implements AnswerPart {
        @Override
        public String text() {
            return "";
        }
    }

    /** More of a call's arguments: JSON, as far as the model writes any. */
    record CallText(int index, String text) implements AnswerPart {}
}
