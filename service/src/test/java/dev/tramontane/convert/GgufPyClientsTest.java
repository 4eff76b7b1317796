package dev.tramontane.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.source.ModelSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * gguf-py reads converted files, finds every key and compares every value with the safetensors it came from
 * ({@code src/test/clients/gguf_reads.py}). Installed by {@code src/test/clients/install.sh DIR}, found by
 * {@code -Dtramontane.clients=DIR}.
 */
@Tag("clients")
final class GgufPyClientsTest {
    private static final List<String> MODELS =
            List.of("mistral-window-16", "mistral-window-21", "llama-tied", "nemo-head-dim", "mixtral-4-window");
    private static final Path SCRIPT = Path.of("src/test/clients/gguf_reads.py").toAbsolutePath();

    @TempDir
    Path dir;

    @ParameterizedTest
    @EnumSource
    void readsEveryTensor(OutputType type) throws Exception {
        Path python = Needed.client("venv/bin/python");
        for (String name : MODELS) {
            Path from = OracleModels.named(name).path();
            Path to = dir.resolve(name + ".gguf");
            try (ModelSource source = ModelSource.open(from)) {
                GgufConversion.of(source, type)
                        .write(to, false, Kernels.library(), 1, (done, total) -> {}, () -> false);
            }
            Path said = dir.resolve(name + ".log");
            Process process = new ProcessBuilder(
                            python.toString(), SCRIPT.toString(), to.toString(), from.toString(), type.label())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("ended in time")
                    .isTrue();
            assertThat(Files.readString(said)).as(name).endsWith("all held\n");
            assertThat(process.exitValue()).isZero();
        }
    }
}
