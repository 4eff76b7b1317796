package dev.tramontane.app;

import org.jspecify.annotations.Nullable;

/** The user asked for something that cannot be: one line that names the setting at fault. Ends in exit code 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    UsageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
