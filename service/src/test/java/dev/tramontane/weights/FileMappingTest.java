package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mappings;
import dev.tramontane.kernels.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileMappingTest {
    @TempDir
    Path dir;

    @Test
    void namesAFileThatChangesWhileItIsRead() throws IOException {
        Path path = Files.writeString(dir.resolve("file"), "text");
        MappedFile mapping = FileMapping.open(path, "");
        // What the JVM throws when a touched page is gone.
        assertThatThrownBy(() -> FileMapping.own(mapping, file -> {
                    throw new InternalError("a fault occurred in an unsafe memory access operation");
                }))
                .isInstanceOf(ModelFileException.class)
                .hasMessage(path + ": the file was changed while it was read; leave it as it is");
        assertThat(Mappings.under(dir)).isEmpty();
    }

    @Test
    void unmapsAFileThatIsRefused() throws IOException {
        Path path = Files.writeString(dir.resolve("file"), "text");
        MappedFile mapping = FileMapping.open(path, "");
        assertThat(Mappings.under(dir))
                .as("the test sees mappings")
                .hasSize(Files.isReadable(Path.of("/proc/self/maps")) ? 1 : 0);
        assertThatThrownBy(() -> FileMapping.own(mapping, file -> {
                    throw new IllegalStateException("refused");
                }))
                .hasMessage("refused");
        assertThat(Mappings.under(dir)).isEmpty();
    }
}
