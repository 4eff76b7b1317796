package dev.tramontane.loadtest.plan;

/** What the user asked for cannot be: one line that names the option or the place in a file, and what to do. */
public final class InvalidPlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InvalidPlanException(String message) {
        super(message);
    }

    public InvalidPlanException(String message, Throwable cause) {
        super(message, cause);
    }
}
