package dev.tramontane.api.journal;

/** A file that is not what its name promises. The message goes on after the file's name, in one line. */
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean foreign;

    private JournalException(String message, boolean foreign) {
        super(message);
        this.foreign = foreign;
    }

    /** It is damaged or no such file, and of no use to anybody. */
    public static JournalException damaged(String message) {
        return new JournalException(message, false);
    }

    /** It is another process's: of another model, or of another version of this program. */
    static JournalException foreign(String message) {
        return new JournalException(message, true);
    }

    /** Whether another process can make something of it. */
    boolean isForeign() {
        return foreign;
    }
}
