package dev.tramontane.api.responses;

import dev.tramontane.generation.GenerationEvent.Token;
import java.util.Arrays;
import java.util.List;

/** The tokens of a prompt and of its answer so far, as they were computed. Not thread-safe. */
final class ComputedIds {
    private int[] prompt = {};
    private int[] answer = {};
    private int answered;

    /** The array is not copied and must not change. */
    void prompt(int[] ids) {
        prompt = ids;
    }

    /** More of the answer. */
    void add(List<Token> tokens) {
        if (answered + tokens.size() > answer.length) {
            answer = Arrays.copyOf(answer, Math.max(answered + tokens.size(), 2 * answered));
        }
        for (Token token : tokens) {
            answer[answered++] = token.id();
        }
    }

    /** More of the answer. */
    void add(int[] ids) {
        answer = Arrays.copyOf(answer, answered + ids.length);
        System.arraycopy(ids, 0, answer, answered, ids.length);
        answered += ids.length;
    }

    /** Not to be changed. */
    int[] prompt() {
        return prompt;
    }

    int[] answer() {
        return Arrays.copyOf(answer, answered);
    }

    /** Tokens of the answer. */
    int answered() {
        return answered;
    }

    /** The answer after the prompt. */
    int[] all() {
        int[] all = Arrays.copyOf(prompt, prompt.length + answered);
        System.arraycopy(answer, 0, all, prompt.length, answered);
        return all;
    }

    /** Bytes of heap that they take. */
    long weight() {
        return (long) Integer.BYTES * (prompt.length + answer.length);
    }
}
