package dev.tramontane.api.journal;

import java.util.Arrays;

/** What a file holds: its body is read by whoever wrote it. */
public enum AnswerKind {
    /** A response, over HTTP or a socket. */
    RESPONSE(1),
    /** A stream of a chat or a completion that can be read on. */
    STREAM(2);

    private final int number;

    AnswerKind(int number) {
        this.number = number;
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
}
