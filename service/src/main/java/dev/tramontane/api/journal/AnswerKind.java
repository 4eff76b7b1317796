package dev.tramontane.api.journal;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a file holds: its body is read by whoever wrote it. */
public enum AnswerKind {
    /** A response, over HTTP or a socket. */
    RESPONSE(1, "response_id"),
    /** A stream of a chat or a completion that can be read on. */
    STREAM(2, null);

    private final int number;
    private final @Nullable String parameter;

    AnswerKind(int number, @Nullable String parameter) {
        this.number = number;
        this.parameter = parameter;
    }

    /** The field of a request that names one; null where a header does. */
    @Nullable
    String parameter() {
        return parameter;
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
