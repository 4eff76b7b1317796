package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.LittleEndian;
import dev.tramontane.fixtures.Mappings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in several GGUF files: opened whole by any part, refused when the parts don't fit. */
class GgufSplitTest {
    @TempDir
    Path dir;

    /** What a test does to the three sound parts. */
    @FunctionalInterface
    interface Damage {
        void to(Path directory) throws IOException;
    }

    private static String name(int part) {
        return "m-0000" + part + "-of-00003.gguf";
    }

    private static byte[] u16(int value) {
        return new LittleEndian().u16(value).toByteArray();
    }

    /** A part as llama-gguf-split writes it: the first has the metadata, each one tensor. */
    private static GgufWriter part(int number, int count, int tensors) {
        GgufWriter writer = new GgufWriter();
        if (number == 0) {
            writer.string("general.architecture", "llama").alignment(64);
        }
        return writer.rawMetadata("split.no", GgufWriter.U16, u16(number))
                .rawMetadata("split.count", GgufWriter.U16, u16(count))
                .i32("split.tensors.count", tensors);
    }

    private static GgufWriter tensor(GgufWriter writer, String name, int value) {
        return writer.tensor(
                name, 0, new long[] {1}, new LittleEndian().u32(value).toByteArray());
    }

    private static void soundParts(Path directory) throws IOException {
        for (int i = 0; i < 3; i++) {
            tensor(part(i, 3, 3), "t" + i, i).writeTo(directory.resolve(name(i + 1)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void opensAllPartsByAnyOfThem(int given) throws IOException {
        soundParts(dir);
        try (GgufFile file = GgufFile.open(dir.resolve(name(given)))) {
            assertThat(file.name()).endsWith(name(given));
            assertThat(file.files())
                    .extracting(WeightFile::path)
                    .containsExactly(dir.resolve(name(1)), dir.resolve(name(2)), dir.resolve(name(3)));
            assertThat(file.metadata().string("general.architecture")).isEqualTo("llama");
            assertThat(file.alignment()).isEqualTo(64);
            assertThat(file.tensors()).extracting(GgufTensor::name).containsExactly("t0", "t1", "t2");
            for (int i = 0; i < 3; i++) {
                assertThat(file.tensor("t" + i).data().get(ValueLayout.JAVA_INT, 0))
                        .isEqualTo(i);
                assertThat(file.tensor("t" + i).file()).endsWith(name(i + 1));
            }
            assertThat(file.size()).isEqualTo(Files.size(dir.resolve(name(1))) + 2 * Files.size(dir.resolve(name(2))));
            file.checkRunnable();
        }
    }

    @Test
    void readsWhatGgufPyHasSplit() throws URISyntaxException {
        Path first = Path.of(
                Objects.requireNonNull(GgufSplitTest.class.getResource("/oracle/split/small-00001-of-00003.gguf"))
                        .toURI());
        try (GgufFile file = GgufFile.open(first)) {
            assertThat(file.metadata().string("general.name")).isEqualTo("small");
            int number = 0;
            for (GgufTensor tensor : file.tensors()) {
                float[] values = tensor.data().toArray(ValueLayout.JAVA_FLOAT);
                assertThat(values).hasSize(Math.toIntExact(tensor.elements()));
                for (int i = 0; i < values.length; i++) {
                    assertThat(values[i])
                            .as("element %d of %s", i, tensor.name())
                            .isEqualTo(number + i / 1024f);
                }
                number++;
            }
            assertThat(number).isEqualTo(5);
            GgufTensor experts = file.tensor("blk.0.ffn_gate_exps.weight");
            assertThat(experts.dims()).containsExactly(32L, 2L, 3L);
            for (int e = 0; e < 3; e++) {
                assertThat(experts.slice(e).dims()).containsExactly(32L, 2L);
                assertThat(experts.slice(e).data().get(ValueLayout.JAVA_FLOAT, 0))
                        .isEqualTo(1 + e * 64 / 1024f);
            }
            file.checkRunnable();
        }
    }

    @Test
    void aModelInOnePartNeedsNoName() throws IOException {
        Path path = tensor(part(0, 1, 1), "t", 0).writeTo(dir.resolve("whole.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            file.checkRunnable();
        }
    }

    @Test
    void partsDieTogether() throws IOException {
        soundParts(dir);
        GgufFile file = GgufFile.open(dir.resolve(name(2)));
        List<MemorySegment> data = file.tensors().stream().map(GgufTensor::data).toList();
        file.close();
        assertThat(data).noneMatch(segment -> segment.scope().isAlive());
    }

    static Stream<Arguments> unsoundParts() {
        String place = "; the parts are not of one model: download them all from one place";
        return Stream.of(
                arguments(
                        "a part is missing",
                        (Damage) d -> Files.delete(d.resolve(name(3))),
                        name(1),
                        "this is one of 3 parts, and \"m-00003-of-00003.gguf\" is not beside it, expected all parts in one directory; download the missing parts as well"),
                arguments(
                        "renamed",
                        (Damage) d -> Files.move(d.resolve(name(1)), d.resolve("m.gguf")),
                        "m.gguf",
                        "this is part 1 of 3 by its contents, but not by its name, expected a name that ends in -00001-of-00003.gguf; give all parts the names"),
                arguments(
                        "swapped",
                        (Damage) d -> {
                            Files.move(d.resolve(name(2)), d.resolve("x"));
                            Files.move(d.resolve(name(3)), d.resolve(name(2)));
                            Files.move(d.resolve("x"), d.resolve(name(3)));
                        },
                        name(2),
                        "this is part 3 by its contents, expected part 2, as its name says" + place),
                arguments(
                        "of another count",
                        (Damage) d -> tensor(part(1, 4, 3), "t1", 1).writeTo(d.resolve(name(2))),
                        name(2),
                        "this is one of 4 parts, expected 3 parts" + place),
                arguments(
                        "of another model's count of tensors",
                        (Damage) d -> tensor(part(1, 3, 7), "t1", 1).writeTo(d.resolve(name(2))),
                        name(2),
                        "this is a part of a model of 7 tensors, expected 3" + place),
                arguments(
                        "not a part",
                        (Damage) d -> tensor(new GgufWriter(), "t1", 1).writeTo(d.resolve(name(2))),
                        name(2),
                        "this is one of 1 parts, expected 3 parts"),
                arguments(
                        "of another architecture",
                        (Damage) d -> tensor(part(1, 3, 3).string("general.architecture", "gpt2"), "t1", 1)
                                .writeTo(d.resolve(name(2))),
                        name(2),
                        "this is a part of a \"gpt2\" model, expected \"llama\"" + place),
                arguments(
                        "a tensor twice",
                        (Damage) d -> tensor(part(1, 3, 3), "t0", 1).writeTo(d.resolve(name(2))),
                        name(2),
                        "tensor \"t0\" is in \""),
                arguments(
                        "a tensor too many",
                        (Damage) d ->
                                tensor(tensor(part(1, 3, 3), "t1", 1), "u", 1).writeTo(d.resolve(name(2))),
                        name(1),
                        "the parts have 4 tensors together, expected 3" + place),
                arguments(
                        "no number",
                        (Damage) d -> tensor(
                                        new GgufWriter().rawMetadata("split.count", GgufWriter.U16, u16(3)), "t0", 1)
                                .writeTo(d.resolve(name(1))),
                        name(1),
                        "there is no metadata key \"split.no\", expected an integer"),
                arguments(
                        "number beyond the count",
                        (Damage) d -> tensor(part(3, 3, 3), "t0", 1).writeTo(d.resolve(name(1))),
                        name(1),
                        "\"split.no\" is 3, expected a value from 0 to 2"),
                arguments(
                        "very many parts",
                        (Damage) d -> tensor(part(0, 0xffff, 3), "t0", 1).writeTo(d.resolve(name(1))),
                        name(1),
                        "this is one of 65535 parts, expected at most 1024"),
                arguments(
                        "count as text",
                        (Damage) d -> tensor(new GgufWriter().string("split.count", "3"), "t0", 1)
                                .writeTo(d.resolve(name(1))),
                        name(1),
                        "\"split.count\" is of type string, expected an integer"),
                arguments(
                        "a damaged part",
                        (Damage) d -> Files.write(d.resolve(name(2)), new byte[64]),
                        name(2),
                        "this is zeros where the magic should be: an unfinished download"),
                arguments(
                        "a part is a directory",
                        (Damage) d -> {
                            Files.delete(d.resolve(name(2)));
                            Files.createDirectory(d.resolve(name(2)));
                        },
                        name(2),
                        "it is a directory, expected a file"),
                arguments(
                        "a part is a link to nothing",
                        (Damage) d -> {
                            Files.delete(d.resolve(name(2)));
                            Files.createSymbolicLink(d.resolve(name(2)), Path.of("nothing"));
                        },
                        name(2),
                        "the link leads to a file that is not there"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unsoundParts")
    void refusesWithOneLine(String title, Damage damage, String file, String message) throws IOException {
        soundParts(dir);
        damage.to(dir);
        String opened = Files.exists(dir.resolve(name(1))) ? name(1) : "m.gguf";
        ModelFileException refusal = catchThrowableOfType(
                ModelFileException.class,
                () -> GgufFile.open(dir.resolve(opened)).close());
        assertThat(refusal).as(title).isNotNull();
        assertThat(refusal).hasMessageStartingWith(dir.resolve(file) + ": ").hasMessageContaining(message);
        assertThat(refusal.getMessage()).doesNotContain("\n");
        assertThat(Mappings.under(dir)).as("mappings left behind").isEmpty();
    }
}
