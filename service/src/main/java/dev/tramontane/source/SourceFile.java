package dev.tramontane.source;

import dev.tramontane.weights.IoReason;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of a model.
 *
 * @param path where it lies
 * @param bytes its size
 */
public record SourceFile(Path path, long bytes) {

    /**
     * The file at a path.
     *
     * @throws ModelFileException when it cannot be seen
     */
    static SourceFile at(Path path) {
        try {
            return new SourceFile(path, Files.size(path));
        } catch (IOException unreadable) {
            throw ModelFileException.in(path.toString(), "the file cannot be read: " + IoReason.of(unreadable))
                    .cause(unreadable)
                    .advice("look at its permissions");
        }
    }

    /** Its name without the path. */
    public String name() {
        return String.valueOf(path.getFileName());
    }
}
