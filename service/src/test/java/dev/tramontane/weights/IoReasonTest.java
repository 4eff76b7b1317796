package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ForeignWords;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoReasonTest {
    private static final String PATH = "/models/a";

    @Test
    void saysWhyAndNotOnlyWhere() {
        List<IOException> failures = List.of(
                new NoSuchFileException(PATH),
                new AccessDeniedException(PATH),
                new NotDirectoryException(PATH),
                new DirectoryNotEmptyException(PATH),
                new FileSystemException(PATH, null, "Input/output error"),
                new EOFException(),
                new IOException("No space left on device"));
        assertThat(failures.stream().map(IoReason::of))
                .containsExactly(
                        "it is not there",
                        "no permission",
                        "it is no directory",
                        "the file system refuses it",
                        "Input/output error",
                        "the system says no reason",
                        "No space left on device")
                .allSatisfy(reason -> assertThat(ForeignWords.in(reason)).isEmpty());
    }
}
