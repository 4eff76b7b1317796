package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
final class CachedFileTest {
    @TempDir
    Path directory;

    @Test
    void whatIsForgottenIsNotInMemory() throws IOException {
        assumeTrue(!Files.getFileStore(directory).type().equals("tmpfs"), "memory is all that its files have");
        Path file = directory.resolve("file");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1 << 20));
            channel.force(true); // What isn't stored can't be forgotten.
        }
        assertThat(Files.readAllBytes(file)).hasSize(1 << 20);
        assertThat(isInMemory(file)).isTrue();
        assertThat(CachedFile.forget(file)).isTrue();
        assertThat(isInMemory(file)).isFalse();
    }

    @Test
    void whatIsNotThereIsNotForgotten() {
        assertThat(CachedFile.forget(directory.resolve("nothing"))).isFalse();
    }

    private static boolean isInMemory(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return mapped.isLoaded();
        }
    }
}
