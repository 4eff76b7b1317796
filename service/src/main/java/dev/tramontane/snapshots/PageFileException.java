package dev.tramontane.snapshots;

/** A file that is not what its name promises. The message goes on after the file's name, in one line. */
public final class PageFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PageFileException(String message) {
        super(message);
    }
}
