package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.kernels.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written can be read, and nothing but whole files is ever seen. */
final class GgufOutputTest {
    @TempDir
    Path dir;

    private static GgufDraft draft() {
        GgufDraft draft = new GgufDraft()
                .string("general.architecture", "llama")
                .string("text", "naïve \uD83D\uDE42")
                .u32("count", 0xFFFF_FFFFL)
                .f32("real", 1e-5f)
                .bool("flag", true)
                .strings("words", List.of("a", "", "ü"))
                .ints("numbers", -1, 7)
                .floats("reals", 0.5f, -2f)
                .bools("flags", List.of(true, false, true));
        draft.tensor("odd", GgmlType.of(DType.F32), 3);
        draft.tensor("experts", GgmlType.of(DType.Q8_0), 64, 2, 3);
        draft.tensor("last", GgmlType.of(DType.BF16), 5, 1);
        return draft;
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path target = dir.resolve("model.gguf");
        Random random = new Random(5);
        byte[][] data = {new byte[12], new byte[64 / 32 * 34 * 6], new byte[10]};
        for (byte[] bytes : data) {
            random.nextBytes(bytes);
        }
        GgufDraft draft = draft();
        try (GgufOutput output = GgufOutput.create(target, draft, false)) {
            output.write(2, 4, ByteBuffer.wrap(data[2], 4, 6));
            output.write(0, 0, ByteBuffer.wrap(data[0]));
            for (int half = 1; half >= 0; half--) {
                output.write(1, half * 204L, ByteBuffer.wrap(data[1], half * 204, 204));
            }
            output.write(2, 0, ByteBuffer.wrap(data[2], 0, 4));
            assertThat(target).doesNotExist();
            output.commit();
        }
        assertThat(Files.size(target)).isEqualTo(draft.bytes());
        assertThat(names()).containsExactly("model.gguf");
        try (GgufFile file = GgufFile.open(target)) {
            GgufMetadata metadata = file.metadata();
            assertThat(file.version()).isEqualTo(3);
            assertThat(metadata.string("text")).isEqualTo("naïve \uD83D\uDE42");
            assertThat(metadata.integer("count", 0, Long.MAX_VALUE)).isEqualTo(0xFFFF_FFFFL);
            assertThat(metadata.real("real")).isEqualTo(1e-5f);
            assertThat(metadata.bool("flag", false)).isTrue();
            assertThat(metadata.strings("words")).containsExactly("a", "", "ü");
            assertThat(metadata.ints("numbers")).containsExactly(-1, 7);
            assertThat(metadata.floats("reals")).containsExactly(0.5f, -2f);
            assertThat(metadata.isArray("flags")).isTrue();
            List<GgufTensor> tensors = new ArrayList<>(file.tensors());
            assertThat(tensors).extracting(GgufTensor::name).containsExactly("odd", "experts", "last");
            assertThat(tensors.get(1).dims()).containsExactly(64L, 2L, 3L);
            for (int i = 0; i < data.length; i++) {
                assertThat(tensors.get(i).data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
                        .isEqualTo(data[i]);
            }
        }
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        Path target = Files.writeString(dir.resolve("model.gguf"), "old");
        try (GgufOutput output = GgufOutput.create(target, draft(), true)) {
            output.write(0, 0, ByteBuffer.allocate(12));
            assertThat(names()).hasSize(2);
            assertThatThrownBy(output::commit)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("tensor experts has 0 of 408 bytes");
        }
        assertThat(names()).containsExactly("model.gguf");
        assertThat(target).hasContent("old");
    }

    @Test
    void refusesWhatItCannotWrite() throws IOException {
        Path there = Files.writeString(dir.resolve("there.gguf"), "old");
        assertThatThrownBy(() -> GgufOutput.create(there, draft(), false))
                .isInstanceOf(IOException.class)
                .hasMessage(there + " is there already");
        assertThatThrownBy(() -> GgufOutput.create(dir, draft(), true))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot write " + dir + ": it is a directory, expected a file");
        Path nowhere = dir.resolve("nowhere");
        assertThatThrownBy(() -> GgufOutput.create(nowhere.resolve("x.gguf"), draft(), true))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot write " + nowhere.resolve("x.gguf") + ": there is no directory " + nowhere);
        GgufDraft huge = new GgufDraft();
        huge.tensor("huge", GgmlType.of(DType.F32), 1L << 20, 1L << 20, 1L << 10);
        Path full = dir.resolve("full.gguf");
        assertThatThrownBy(() -> GgufOutput.create(full, huge, false))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot write " + full + ": it takes 4503599627370")
                .hasMessageContaining(" bytes, but the disk has room for ");
        assertThat(names()).containsExactly("there.gguf");
    }

    @Test
    void refusesADraftThatNoReaderWouldTake() {
        GgufDraft draft = draft();
        assertThatThrownBy(() -> draft.bool("flag", true)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> draft.bool("", true)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> draft.u32("big", 1L << 32)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> draft.tensor("odd", GgmlType.of(DType.F32), 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> draft.tensor("none", GgmlType.of(DType.F32)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> draft.tensor("cut", GgmlType.of(DType.Q8_0), 40))
                .hasMessage("cut has rows of 40, not a multiple of 32 for Q8_0");
    }

    @Test
    void writesOnlyInsideATensor() throws IOException {
        try (GgufOutput output = GgufOutput.create(dir.resolve("model.gguf"), draft(), false)) {
            assertThatThrownBy(() -> output.write(0, 1, ByteBuffer.allocate(12)))
                    .hasMessage("12 bytes at 1 of odd, which has 12");
            assertThatThrownBy(() -> output.write(0, -1, ByteBuffer.allocate(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
