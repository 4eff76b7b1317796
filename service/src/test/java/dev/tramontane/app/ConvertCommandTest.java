package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command around a conversion: what it refuses, what it says, and what it ends with. */
class ConvertCommandTest {
    @TempDir
    Path dir;

    private Path in = Path.of("");
    private Path out = Path.of("");

    @BeforeEach
    void writeTheSource() throws IOException {
        in = TinyModel.PLAIN.writeTo(dir);
        out = dir.resolve("out.gguf");
    }

    private Outcome convert(String... more) {
        return new CapturedProgram()
                .run(Stream.concat(Stream.of("convert", in.toString(), out.toString()), Stream.of(more))
                        .toArray(String[]::new));
    }

    @Test
    void writesTheFileAndSaysWhat() throws IOException {
        Outcome outcome = convert("--type", "q8_0", "--threads", "2");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .matches("wrote \\Q" + out + "\\E: .* KiB \\(\\d+ F32, \\d+ Q8_0 tensors\\) in .* s, .*/s\n");
        try (GgufFile file = GgufFile.open(out)) {
            assertThat(file.tensor("blk.0.attn_q.weight").type()).isEqualTo(GgmlType.of(DType.Q8_0));
            assertThat(file.tensor("blk.0.attn_norm.weight").type()).isEqualTo(GgmlType.of(DType.F32));
        }
        assertThat(new CapturedProgram().run("inspect", out.toString()).code()).isZero();
        assertThat(names()).containsExactlyInAnyOrder(in.getFileName().toString(), "out.gguf");
    }

    @Test
    void theHeadKeepsEightBits() {
        assertThat(convert("--type", "Q4_0").code()).isZero();
        try (GgufFile file = GgufFile.open(out)) {
            assertThat(file.tensor("token_embd.weight").type()).isEqualTo(GgmlType.of(DType.Q8_0));
            assertThat(file.tensor("blk.0.ffn_up.weight").type()).isEqualTo(GgmlType.of(DType.Q4_0));
        }
    }

    @Test
    void aWindowIsSaidToBeOurs() throws IOException {
        in = TinyModel.PLAIN.withWindow(32).writeTo(dir);
        assertThat(convert("--type", "f16").err())
                .isEqualTo(
                        "tramontane: the model has a sliding window, which this program reads from the file; llama.cpp"
                                + " does not for this architecture and attends to everything\n");
    }

    @Test
    void replacesNothingUntilTold() throws IOException {
        Files.writeString(out, "old");
        Outcome refused = convert("--type", "f32");
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).isEqualTo("tramontane: " + out + " is there already; --overwrite replaces it\n");
        assertThat(out).hasContent("old");
        assertThat(convert("--type", "f32", "--overwrite").code()).isZero();
        assertThat(Files.size(out)).isGreaterThan(3);
    }

    @Test
    void refusesToReplaceItsSource() throws IOException {
        byte[] before = Files.readAllBytes(in);
        out = dir.resolve(".").resolve(in.getFileName());
        Outcome refused = convert("--type", "f32", "--overwrite");
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .isEqualTo("tramontane: " + out + " belongs to the model that is converted; name another file\n");
        assertThat(in).hasBinaryContent(before);
    }

    @Test
    void refusesWhatItCannotDo() {
        assertThat(convert().code()).isEqualTo(ExitCode.USAGE);
        Outcome type = convert("--type", "q3_k");
        assertThat(type.code()).isEqualTo(ExitCode.USAGE);
        assertThat(type.err())
                .isEqualTo(
                        "tramontane: --type must be one of f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, got q3_k\n");
        out = dir.resolve("nowhere").resolve("out.gguf");
        Outcome nowhere = convert("--type", "f32");
        assertThat(nowhere.code()).isEqualTo(ExitCode.FAILURE);
        assertThat(nowhere.err())
                .isEqualTo("tramontane: cannot write " + out + ": there is no directory " + out.getParent() + "\n");
    }

    @Test
    void aDamagedSourceIsOneLine() throws IOException {
        Files.writeString(in, "GGUF, but not really");
        Outcome damaged = convert("--type", "f32");
        assertThat(damaged.code()).isEqualTo(ExitCode.USAGE);
        assertThat(damaged.err()).startsWith("tramontane: " + in).hasLineCount(1);
        assertThat(names()).containsExactly(in.getFileName().toString());
    }

    @Test
    void aSignalEndsItAndLeavesNothing() throws IOException {
        CapturedProgram program = new CapturedProgram().terminatedAtOnce();
        Outcome stopped = program.run("convert", in.toString(), out.toString(), "--type", "f32", "--threads", "1");
        assertThat(stopped.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(stopped.err()).isEqualTo("tramontane: stopped; nothing was written\n");
        assertThat(names()).containsExactly(in.getFileName().toString());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
