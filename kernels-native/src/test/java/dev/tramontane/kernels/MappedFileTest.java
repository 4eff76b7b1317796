package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MappedFileTest {
    @TempDir
    Path directory;

    @Test
    void holdsTheBytesOfTheFile() throws IOException {
        Path file = Files.write(directory.resolve("five"), new byte[] {1, 2, 3, 4, 5});
        try (MappedFile mapped = MappedFile.open(file)) {
            assertThat(mapped.size()).isEqualTo(5);
            assertThat(mapped.path()).isEqualTo(file);
            assertThat(mapped.bytes().toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4, 5);
            assertThat(mapped.slice(3, 2).toArray(ValueLayout.JAVA_BYTE)).containsExactly(4, 5);
            assertThat(mapped.slice(5, 0).byteSize()).isZero();
        }
    }

    @Test
    void isReadOnly() throws IOException {
        try (MappedFile mapped = MappedFile.open(Files.write(directory.resolve("one"), new byte[1]))) {
            assertThat(mapped.bytes().isReadOnly()).isTrue();
        }
    }

    @Test
    void refusesSlicesOutsideTheFile() throws IOException {
        try (MappedFile mapped = MappedFile.open(Files.write(directory.resolve("eight"), new byte[8]))) {
            long[][] outside = {
                {0, 9}, {8, 1}, {9, 0}, {-1, 1}, {0, -1}, {Long.MAX_VALUE, Long.MAX_VALUE}, {1, Long.MAX_VALUE}
            };
            for (long[] slice : outside) {
                assertThatThrownBy(() -> mapped.slice(slice[0], slice[1]))
                        .isInstanceOf(IndexOutOfBoundsException.class)
                        .hasMessageContaining("eight");
            }
        }
    }

    @Test
    void accessAfterCloseIsAnExceptionAndASecondCloseNothing() throws IOException {
        MappedFile mapped = MappedFile.open(Files.write(directory.resolve("one"), new byte[1]));
        MemorySegment bytes = mapped.bytes();
        mapped.close();
        mapped.close();
        assertThatThrownBy(() -> bytes.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesWhatIsNotAFileWithContents() throws Exception {
        Path empty = Files.createFile(directory.resolve("empty"));
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertRefused(directory, "directory");
        assertRefused(empty, "empty");
        assertRefused(pipe, "pipe");
        assertRefused(Path.of("/dev/zero"), "device");
        assertRefused(directory.resolve("absent"), "no such file");
        assertRefused(Files.createSymbolicLink(directory.resolve("dangling"), Path.of("nowhere")), "no such file");
    }

    @Test
    void followsALinkToAFile() throws IOException {
        Path file = Files.write(directory.resolve("one"), new byte[] {7});
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        try (MappedFile mapped = MappedFile.open(link)) {
            assertThat(mapped.bytes().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
        }
    }

    private static void assertRefused(Path path, String why) {
        assertThatThrownBy(() -> MappedFile.open(path))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining(why);
    }
}
