package dev.tramontane.weights;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why the system would not read or write, in words for people: Java's own message is often the bare path, or nothing. */
public final class IoReason {
    private IoReason() {}

    /** Completes "the file cannot be read: ". */
    public static String of(IOException failure) {
        return switch (failure) {
            case NoSuchFileException gone -> "it is not there";
            case AccessDeniedException denied -> "no permission";
            case NotDirectoryException file -> "it is no directory";
            case FileSystemException refused when refused.getReason() != null -> refused.getReason();
            case FileSystemException refused -> "the file system refuses it";
            default -> failure.getMessage() == null ? "the system says no reason" : failure.getMessage();
        };
    }
}
