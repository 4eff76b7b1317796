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

    /**
     * @param file the file as the user named it
     * @param offset byte at which it stands, or -1 for the file as a whole
     * @param found what was found
     * @param expected what was expected; empty when {@code found} says it all
     * @param advice what to do
     */
    public ModelFileException(String file, long offset, String found, String expected, String advice) {
        this(file, offset, found, expected, advice, null);
    }

    public ModelFileException(
            String file, long offset, String found, String expected, String advice, @Nullable Throwable cause) {
        super(
                printable(file, 4096)
                        + (offset < 0 ? ": " : ": at byte " + offset + ": ")
                        + found
                        + (expected.isEmpty() ? "" : ", expected " + expected)
                        + (advice.isEmpty() ? "" : "; " + advice),
                cause);
        this.file = file;
        this.offset = offset;
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
