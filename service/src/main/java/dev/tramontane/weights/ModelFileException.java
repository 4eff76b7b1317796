package dev.tramontane.weights;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A model file that cannot be used. The message is one line: file, byte offset, what was found, what was expected, and
 * what to do. Nothing in it comes from the file unescaped.
 */
public final class ModelFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Advice for contents that contradict themselves. */
    static final String DAMAGED = "the file is damaged: download it again";

    /** Advice for a file that ends too early. */
    static final String CUT_SHORT = "the file is cut short: download it again";

    private final String file;
    private final long offset;

    private ModelFileException(Fault fault, String advice) {
        super(
                printable(fault.file, 4096)
                        + (fault.offset < 0 ? ": " : ": at byte " + fault.offset + ": ")
                        + fault.found
                        + (fault.expected.isEmpty() ? "" : ", expected " + fault.expected)
                        + (advice.isEmpty() ? "" : "; " + advice),
                fault.cause);
        file = fault.file;
        offset = fault.offset;
    }

    /**
     * Begins to say what is wrong; {@link Fault#advice} ends it.
     *
     * @param file the file as the user named it
     * @param found what was found
     */
    public static Fault in(String file, String found) {
        return new Fault(file, found, -1, "", null);
    }

    /** What is wrong with a file, as far as it was said; what to do about it makes an exception of it. */
    public static final class Fault {
        private final String file;
        private final String found;
        private final long offset;
        private final String expected;
        private final @Nullable Throwable cause;

        private Fault(String file, String found, long offset, String expected, @Nullable Throwable cause) {
            this.file = file;
            this.found = found;
            this.offset = offset;
            this.expected = expected;
            this.cause = cause;
        }

        /** The byte at which it stands; unsaid, or below 0, it is the file as a whole. */
        public Fault at(long position) {
            return new Fault(file, found, position, expected, cause);
        }

        /** What was expected; unsaid, or empty, where what was found says it all. */
        public Fault expected(String what) {
            return new Fault(file, found, offset, what, cause);
        }

        /** What made it known. */
        public Fault cause(Throwable thrown) {
            return new Fault(file, found, offset, expected, thrown);
        }

        /** What to do; empty when nothing helps. */
        public ModelFileException advice(String what) {
            return new ModelFileException(this, what);
        }
    }

    /** The file as the user named it. */
    public String file() {
        return file;
    }

    /** Byte at which the fault stands, or -1 for the file as a whole. */
    public long offset() {
        return offset;
    }

    /** Text from a file, quoted, on one line, at most 60 characters of it. */
    public static String quoted(String text) {
        return '"' + printable(text, 60) + '"';
    }

    private static String printable(String text, int limit) {
        StringBuilder safe = new StringBuilder();
        int shown = text.length() <= limit ? text.length() : limit - 3;
        for (int i = 0; i < shown; i++) {
            char c = text.charAt(i);
            boolean plain = c >= ' ' && c != 0x7f && (c < 0x80 || Character.isLetterOrDigit(c));
            safe.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "\\u%04x", (int) c));
        }
        return safe.append(shown < text.length() ? "..." : "").toString();
    }
}
