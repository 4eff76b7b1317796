package dev.tramontane.api.journal;

import dev.tramontane.api.ApiException;

/** A file that is not what its name promises, or not for this process. The message goes on after the file's name, in one line. */
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    /** What can be made of it. */
    private enum Fault {
        /** Nothing, by anybody. */
        DAMAGED(410, "answer_damaged", "; it is lost, send the request again"),
        /** An answer, by a process with another model, or of another version. */
        FOREIGN(404, "answer_of_another_model", ". Ask a server that serves that"),
        /** An answer, by a process that allows more, or other things. */
        UNWELCOME(404, "answer_of_other_settings", ". Ask a server that has the settings of the one that began it");

        private final int status;
        private final String code;
        private final String advice;

        Fault(int status, String code, String advice) {
            this.status = status;
            this.code = code;
            this.advice = advice;
        }
    }

    private JournalException(String message, Fault fault) {
        super(message);
        this.fault = fault;
    }

    /** It is damaged or no such file, and of no use to anybody. */
    public static JournalException damaged(String message) {
        return new JournalException(message, Fault.DAMAGED);
    }

    /** It is another process's: of another model, or of another version of this program. */
    static JournalException foreign(String message) {
        return new JournalException(message, Fault.FOREIGN);
    }

    /** It is another process's: of a model or an adapter of that name that has other weights than the one here, if there is any. */
    public static JournalException ofOtherWeights(String name) {
        return foreign("is an answer of '" + name
                + "', computed with other weights than what is served here under that name or any other");
    }

    /** It is sound, and this server's settings refuse what it asks for. */
    public static JournalException unwelcome(String message) {
        return new JournalException(message, Fault.UNWELCOME);
    }

    /** Whether no process can make anything of it. */
    boolean isDamage() {
        return fault == Fault.DAMAGED;
    }

    /** As whoever asked for the answer is told it. */
    ApiException told(AnswerKind kind) {
        return new ApiException(
                fault.status,
                "invalid_request_error",
                "The answer cannot go on here: its file " + getMessage() + fault.advice,
                kind.parameter(),
                fault.code,
                0);
    }
}
