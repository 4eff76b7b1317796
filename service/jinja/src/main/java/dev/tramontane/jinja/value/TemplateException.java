package dev.tramontane.jinja.value;

/** A template that cannot be parsed or run, or that refuses its input. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final boolean raised;

    private TemplateException(String message, int line, boolean raised) {
        super(message, null, false, false);
        this.line = line;
        this.raised = raised;
    }

    public TemplateException(String message) {
        this(message, 0, false);
    }

    public TemplateException(String message, int line) {
        this(message, line, false);
    }

    /** The template called {@code raise_exception}: the message is its own. */
    public static TemplateException raised(String message) {
        return new TemplateException(message, 0, true);
    }

    /** The same with the line, where it has none yet. */
    public TemplateException at(int where) {
        return line > 0 ? this : new TemplateException(String.valueOf(getMessage()), where, raised);
    }

    /** The line in the template, from 1; 0 where it is not known. */
    public int line() {
        return line;
    }

    /** Whether the template itself refused its input. */
    public boolean isRaised() {
        return raised;
    }
}
