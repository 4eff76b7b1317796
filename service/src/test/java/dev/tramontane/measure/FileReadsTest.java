package dev.tramontane.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileReadsTest {
    @TempDir
    Path directory;

    @Test
    void allFilesAreReadBetweenTwoLooksAtTheClock() throws IOException {
        Path several = Files.write(directory.resolve("several"), new byte[(9 << 20) + 5]);
        Path one = Files.write(directory.resolve("one"), new byte[] {1});
        Path none = Files.write(directory.resolve("none"), new byte[0]);
        AtomicLong clock = new AtomicLong(7);
        assertThat(FileReads.nanos(List.of(several, one, none), 3, () -> clock.getAndAdd(35), () -> false))
                .isEqualTo(35);
    }

    @Test
    void whatCannotBeReadIsSaid() {
        assertThatThrownBy(
                        () -> FileReads.nanos(List.of(directory.resolve("nothing")), 1, System::nanoTime, () -> false))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> FileReads.nanos(List.of(directory), 1, System::nanoTime, () -> false))
                .isInstanceOf(IOException.class);
    }

    /** Its files may take minutes. */
    @Test
    void itEndsBetweenTwoPieces() throws IOException {
        Path file = Files.write(directory.resolve("several"), new byte[(9 << 20) + 5]);
        AtomicInteger asked = new AtomicInteger();
        FileReads.nanos(List.of(file), 1, System::nanoTime, () -> asked.incrementAndGet() == 2);
        assertThat(asked).hasValue(2);
    }

    /** All threads together take no more than a part of what there is beside the heap. */
    @ParameterizedTest
    @CsvSource({"1,1073741824,4194304", "64,1073741824,4194304", "256,268435456,262144", "1024,67108864,65536"})
    void manyThreadsReadSmallerPieces(int threads, long heap, int bytes) {
        assertThat(FileReads.piece(threads, heap)).isEqualTo(bytes);
    }
}
