package dev.tramontane.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileReadsTest {
    @TempDir
    Path directory;

    @Test
    void allFilesAreReadBetweenTwoLooksAtTheClock() throws IOException {
        Path several = Files.write(directory.resolve("several"), new byte[(9 << 20) + 5]);
        Path one = Files.write(directory.resolve("one"), new byte[] {1});
        Path none = Files.write(directory.resolve("none"), new byte[0]);
        AtomicLong clock = new AtomicLong(7);
        assertThat(FileReads.nanos(List.of(several, one, none), 3, () -> clock.getAndAdd(35)))
                .isEqualTo(35);
    }

    @Test
    void whatCannotBeReadIsSaid() {
        assertThatThrownBy(() -> FileReads.nanos(List.of(directory.resolve("nothing")), 1, System::nanoTime))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> FileReads.nanos(List.of(directory), 1, System::nanoTime))
                .isInstanceOf(IOException.class);
    }
}
