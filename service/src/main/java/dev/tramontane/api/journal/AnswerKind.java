package dev.tramontane.api.journal;

import java.util.Arrays;

/** What a file holds: its body is read by whoever wrote it. */
public enum AnswerKind {
    /** A response, over HTTP or a socket. */
    RESPONSE(1, "a response"),
    /** A stream of a chat or a completion that can be read on. */
    STREAM(2, "a stream of a chat or a completion");

    private final int number;
    private final String words;

    AnswerKind(int number, String words) {
        this.number = number;
        this.words = words;
    }

    int number() {
        return number;
    }

    static AnswerKind of(int number) {
        return Arrays.stream(values())
                .filter(kind -> kind.number == number)
                .findFirst()
                .orElseThrow(() -> JournalException.damaged(
                        "holds an answer of kind " + Integer.toUnsignedString(number) + ", which there is not"));
    }

    @Override
    public String toString() {
        return words;
    }
}
