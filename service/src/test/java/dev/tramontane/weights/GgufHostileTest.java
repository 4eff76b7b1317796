package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.LittleEndian;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Truncated, lying and hostile files: each refused with one line that says where and what. */
class GgufHostileTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path dir;

    private static GgufFile parse(byte[] bytes) {
        return GgufFile.of("bad.gguf", MemorySegment.ofArray(bytes));
    }

    private static byte[] written(Consumer<GgufWriter> lie) {
        GgufWriter writer = new GgufWriter();
        lie.accept(writer);
        return writer.toByteArray();
    }

    private static byte[] data(int length) {
        return new byte[length];
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    private static byte[] array(long elementType, long count, byte[] rest) {
        return new LittleEndian().u32(elementType).u64(count).bytes(rest).toByteArray();
    }

    private static Arguments metadata(String title, Consumer<GgufWriter> lie, String message) {
        return arguments(title, written(lie), message);
    }

    private static Arguments tensor(String title, long nDims, long[] dims, long type, long offset, String message) {
        return arguments(title, written(w -> w.rawTensor("t", nDims, dims, type, offset)), message);
    }

    static Stream<Arguments> foreignFiles() {
        byte[] safetensors =
                new LittleEndian().u64(40).ascii("{\"a\":{\"dtype\":\"F32\"").toByteArray();
        byte[] tar = Arrays.copyOf(ascii("params.json"), 512);
        System.arraycopy(ascii("ustar"), 0, tar, 257, 5);
        return Stream.of(
                arguments(
                        "safetensors",
                        safetensors,
                        "this is a safetensors file, expected a GGUF file; give the directory"),
                arguments("zip", ascii("PK\u0003\u0004xxxx"), "this is a zip archive, as PyTorch writes checkpoints"),
                arguments(
                        "pickle",
                        ascii("\u0080\u0002}q\u0000."),
                        "this is a Python pickle (.pth, .bin), which can run"),
                arguments(
                        "lfs",
                        ascii("version https://git-lfs.github.com/spec/v1\noid sha256:00"),
                        "this is a Git LFS pointer, not the file it points to, expected a GGUF file; run 'git lfs pull'"),
                arguments(
                        "html", ascii("\n<!DOCTYPE html><html>"), "this is a web page, expected a GGUF file; download"),
                arguments("json", ascii("{\"error\":\"Unauthorized\"}"), "this is JSON text, perhaps a server's error"),
                arguments("gzip", ascii("\u001f\u008b\u0008\u0000"), "this is a gzip archive"),
                arguments("zstd", ascii("(\u00b5/\u00fd"), "this is a zstd archive"),
                arguments("tar", tar, "this is a tar archive"),
                arguments(
                        "old ggml", ascii("tjgg\u0003\u0000\u0000\u0000"), "this is a GGML file of before August 2023"),
                arguments(
                        "swapped", ascii("FUGG\u0000\u0000\u0000\u0003"), "this is a GGUF file with its bytes swapped"),
                arguments("hole", data(4096), "this is zeros where the magic should be: an unfinished download"),
                arguments(
                        "noise",
                        ascii("\u0007\u0013xyzzy"),
                        "at byte 0: the file starts with 07 13 78 79, expected the magic 47 47 55 46 (\"GGUF\")"),
                arguments("one byte", ascii("G"), "the file starts with 47, expected the magic"));
    }

    static Stream<Arguments> headers() {
        return Stream.of(
                metadata("version 0", w -> w.version(0), "at byte 4: the GGUF version is 0, expected 2 or 3"),
                metadata(
                        "version 1",
                        w -> w.version(1),
                        "the GGUF version is 1, expected 2 or 3; download a newer file"),
                metadata("version 4", w -> w.version(4), "it is newer than this program: update Tramontane"),
                metadata(
                        "big endian",
                        w -> w.version(0x03000000),
                        "at byte 4: this is a big-endian GGUF file of version 3, expected a little-endian one"),
                metadata(
                        "tensor count 2^64-1",
                        w -> w.declareTensors(-1),
                        "at byte 8: the tensor count is 18446744073709551615, expected at most 65536; the file is damaged:"
                                + " download it again"),
                metadata("metadata count 2^63", w -> w.declareEntries(Long.MIN_VALUE), "is 9223372036854775808"),
                metadata("metadata count 2^33", w -> w.declareEntries(1L << 33), "the metadata count is 8589934592"),
                metadata(
                        "counts beyond the file",
                        w -> w.declareEntries(60_000).declareTensors(60_000),
                        "60000 tensors and 60000 metadata entries in the 0 bytes that follow, expected at least 2820000"),
                metadata(
                        "one entry too many declared",
                        w -> w.u32("key", 1).string("b", "0123456789").declareEntries(3),
                        "the file ends inside the key of metadata entry 2"),
                metadata(
                        "key length 2^63",
                        w -> w.rawEntry(
                                new LittleEndian().u64(Long.MIN_VALUE).u64(0).toByteArray()),
                        "at byte 24: the key of metadata entry 0 is 9223372036854775808 bytes long, expected at most 65535"),
                metadata(
                        "key longer than the file",
                        w -> w.rawEntry(new LittleEndian().u64(999).u64(0).toByteArray()),
                        "at byte 32: the file ends inside the key of metadata entry 0, with 8 bytes left, expected 999"
                                + " bytes; the file is cut short: download it again"),
                metadata("empty key", w -> w.u32("", 1), "the key of metadata entry 0 is empty, expected a name"),
                metadata(
                        "key not UTF-8",
                        w -> w.rawEntry(
                                new LittleEndian().u64(1).u8(0xc0).u32(0).u8(0).toByteArray()),
                        "at byte 32: the key of metadata entry 0 is not UTF-8"),
                metadata(
                        "duplicate key",
                        w -> w.u32("general.x", 1).string("general.x", "y"),
                        "the metadata key \"general.x\" is there twice, expected once"),
                metadata(
                        "key with line feeds",
                        w -> w.u32("a\nERROR: \u001b[2J", 1).u32("a\nERROR: \u001b[2J", 1),
                        "the metadata key \"a\\u000aERROR: \\u001b[2J\" is there twice"),
                metadata(
                        "unknown value type",
                        w -> w.rawMetadata("k", 13, data(8)),
                        "at byte 33: the type of \"k\" is 13, expected 0 to 12"),
                metadata("value type 2^32-1", w -> w.rawMetadata("k", -1, data(8)), "the type of \"k\" is 4294967295"),
                metadata(
                        "bool of 2",
                        w -> w.rawMetadata("k", GgufWriter.BOOL, new byte[] {2, 0}),
                        "a bool of \"k\" is 2"),
                metadata(
                        "string longer than the file",
                        w -> w.rawMetadata(
                                "k",
                                GgufWriter.STRING,
                                new LittleEndian().u64(77).toByteArray()),
                        "the file ends inside the value of \"k\", with 0 bytes left, expected 77 bytes"),
                metadata(
                        "string of 2^40",
                        w -> w.rawMetadata(
                                "k",
                                GgufWriter.STRING,
                                new LittleEndian().u64(1L << 40).toByteArray()),
                        "the value of \"k\" holds a string of 1099511627776 bytes, expected at most 1048576"),
                metadata(
                        "array of arrays",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(GgufWriter.ARRAY, 1, array(0, 1, data(1)))),
                        "the array \"k\" holds arrays, expected strings or numbers; this version reads no nested arrays"),
                metadata(
                        "array of unknown",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(99, 1, data(8))),
                        "the element type of \"k\" is 99"),
                metadata(
                        "array of 2^61",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(GgufWriter.U64, 1L << 61, data(8))),
                        "the length of \"k\" is 2305843009213693952, expected at most 4194304"),
                metadata(
                        "array longer than the file",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(GgufWriter.F64, 4_000_000, data(8))),
                        "the file ends inside the array \"k\", with 8 bytes left, expected 32000000 bytes"),
                metadata(
                        "strings longer than the file",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(GgufWriter.STRING, 4_000_000, data(8))),
                        "the file ends inside the array \"k\""),
                metadata(
                        "a string in an array too long",
                        w -> w.rawMetadata(
                                "k",
                                GgufWriter.ARRAY,
                                array(
                                        GgufWriter.STRING,
                                        1,
                                        new LittleEndian().u64(-1).toByteArray())),
                        "the array \"k\" holds a string of 18446744073709551615 bytes"),
                metadata(
                        "bool array of 7",
                        w -> w.rawMetadata("k", GgufWriter.ARRAY, array(GgufWriter.BOOL, 2, new byte[] {1, 7})),
                        "a bool of \"k\" is 7, expected 0 or 1"),
                metadata(
                        "alignment 0",
                        w -> w.u32("general.alignment", 0),
                        "\"general.alignment\" is 0, expected a power"),
                metadata(
                        "alignment 3",
                        w -> w.u32("general.alignment", 3),
                        "\"general.alignment\" is 3, expected a power"),
                metadata(
                        "alignment 2^31",
                        w -> w.u32("general.alignment", 1L << 31),
                        "\"general.alignment\" is 2147483648"),
                metadata(
                        "alignment as text",
                        w -> w.string("general.alignment", "32"),
                        "\"general.alignment\" is of type string, expected an integer"));
    }

    static Stream<Arguments> tensors() {
        long huge = 1L << 62;
        return Stream.of(
                metadata(
                        "empty name",
                        w -> w.rawTensor("", 2, dims(1, 1), 0, 0),
                        "at byte 24: the name of tensor 0 is empty, expected a name"),
                metadata(
                        "name of 300",
                        w -> w.rawTensor("x".repeat(300), 1, dims(1), 0, 0),
                        "the name of tensor 0 is 300 bytes long, expected at most 255"),
                metadata(
                        "duplicate name",
                        w -> w.tensor("a", 0, dims(1), data(4)).tensor("a", 0, dims(1), data(4)),
                        "the tensor name \"a\" is there twice"),
                tensor("no dimensions", 0, dims(1), 0, 0, "at byte 33: tensor \"t\" has 0 dimensions, expected 1 to 4"),
                tensor("five dimensions", 5, dims(1, 1, 1, 1, 1), 0, 0, "tensor \"t\" has 5 dimensions"),
                tensor("2^32-1 dimensions", -1, dims(1), 0, 0, "tensor \"t\" has 4294967295 dimensions"),
                tensor("dimension 0", 2, dims(32, 0), 0, 0, "tensor \"t\" has a dimension of 0, expected at least 1"),
                tensor("dimension -1", 2, dims(32, -1), 0, 0, "has a dimension of 18446744073709551615"),
                tensor("elements overflow", 2, dims(huge, 4), 0, 0, "tensor \"t\" has more than 2^63 elements"),
                tensor("elements wrap to small", 3, dims(1L << 32, 1L << 32, 1), 0, 0, "more than 2^63 elements"),
                tensor("bytes overflow", 1, dims(huge), 28, 0, "tensor \"t\" takes more than 2^63 bytes"),
                tensor(
                        "rows not of whole blocks",
                        2,
                        dims(33, 2),
                        8,
                        0,
                        "has rows of 33 elements, expected a multiple of 32"),
                tensor("rows not of super-blocks", 2, dims(128, 2), 12, 0, "expected a multiple of 256 for Q4_K"),
                tensor("unknown type", 1, dims(32), 43, 0, "tensor \"t\" is of the unknown type 43"),
                tensor("type 2^32-1", 1, dims(32), -1, 0, "tensor \"t\" is of the unknown type 4294967295"),
                tensor(
                        "withdrawn type",
                        1,
                        dims(32),
                        31,
                        0,
                        "tensor \"t\" is Q4_0_4_4, which ggml has withdrawn, expected a current type; take another"),
                tensor(
                        "offset unaligned",
                        1,
                        dims(1),
                        0,
                        31,
                        "lies at offset 31, expected a multiple of the alignment 32"),
                tensor("offset negative", 1, dims(1), 0, -32, "lies at offset 18446744073709551584"),
                tensor("offset wraps", 1, dims(16), 0, Long.MAX_VALUE - 31, "bytes at offset 9223372036854775776"),
                tensor(
                        "data past the end",
                        1,
                        dims(1000),
                        0,
                        0,
                        "tensor \"t\" needs 4000 bytes at offset 0 of the data, which has 0, expected all of it inside the"
                                + " file of 57 bytes; the file is cut short: download it again"),
                metadata(
                        "offset past the end",
                        w -> w.tensor("a", 0, dims(1), data(4)).rawTensor("b", 1, dims(1), 0, 1 << 20),
                        "tensor \"b\" needs 4 bytes at offset 1048576 of the data, which has 32"),
                metadata(
                        "overlap",
                        w -> w.tensor("a", 0, dims(16), data(64)).rawTensor("b", 1, dims(1), 0, 32),
                        "tensor \"b\" overlaps \"a\", expected an offset of at least 64"),
                metadata(
                        "same place",
                        w -> w.tensor("a", 0, dims(16), data(64)).rawTensor("b", 1, dims(16), 0, 0),
                        "overlaps"),
                metadata(
                        "a tensor too many declared",
                        w -> w.tensor("a", 0, dims(16), data(64)).declareTensors(2),
                        "the name of tensor 1"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"foreignFiles", "headers", "tensors"})
    void refusesWithOneLine(String title, byte[] bytes, String message) throws IOException {
        ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(bytes));
        assertThat(refusal).as(title).isNotNull();
        assertThat(refusal).hasMessageStartingWith("bad.gguf: at byte ").hasMessageContaining(message);
        assertThat(refusal.getMessage())
                .doesNotContain("\n")
                .doesNotContain("\r")
                .doesNotContain("\u001b");
        assertThat(refusal.offset()).isBetween(0L, (long) bytes.length);

        Path path = Files.write(dir.resolve("bad.gguf"), bytes);
        assertThatThrownBy(() -> GgufFile.open(path).close())
                .as("the same from a mapped file")
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoFile() throws IOException {
        Path absent = dir.resolve("absent.gguf");
        assertThatThrownBy(() -> GgufFile.open(absent).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessage(absent + ": no such file; give the path of a GGUF file or the directory of a model");
        assertThatThrownBy(() -> GgufFile.open(dir).close())
                .hasMessage(
                        dir
                                + ": it is a directory, expected a file; give the path of a GGUF file or the directory of a model");
        Path empty = Files.createFile(dir.resolve("empty.gguf"));
        assertThatThrownBy(() -> GgufFile.open(empty).close()).hasMessageContaining("the file is empty");
        Path dangling = Files.createSymbolicLink(dir.resolve("link.gguf"), absent);
        assertThatThrownBy(() -> GgufFile.open(dangling).close())
                .hasMessage(
                        dangling
                                + ": the link leads to a file that is not there; give the path of a GGUF file or the directory of a model");
    }

    @Test
    void refusesASmallFileCutAtEveryByte() {
        byte[] whole = new GgufWriter()
                .string("general.architecture", "llama")
                .u32("llama.block_count", 1)
                .f64("llama.rope.freq_base", 1e4)
                .bool("tokenizer.ggml.add_bos_token", true)
                .strings("tokenizer.ggml.tokens", List.of("<s>", "a", "bc"))
                .ints("tokenizer.ggml.token_type", 3, 1, 1)
                .tensor("token_embd.weight", 8, dims(32, 3), data(3 * 34))
                .tensor("output_norm.weight", 0, dims(32), data(128))
                .toByteArray();
        parse(whole).close();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(cut));
            assertThat(refusal)
                    .as("cut to %d of %d bytes", length, whole.length)
                    .isNotNull();
            assertThat(refusal.getMessage()).as("cut to %d bytes", length).doesNotContain("\n");
            if (length >= 8) {
                assertThat(refusal).hasMessageEndingWith(ModelFileException.CUT_SHORT);
            }
        }
    }

    /** Files made to cost: the most the limits let through, and a bit more. */
    static Stream<Arguments> costlyFiles() {
        return Stream.of(
                arguments("most entries with the longest keys", (Consumer<GgufWriter>) w -> {
                    for (int i = 0; i < 100; i++) {
                        w.u32(String.format("%05d", i) + "k".repeat(65_000), i);
                    }
                }),
                arguments("most entries", (Consumer<GgufWriter>) w -> {
                    for (int i = 0; i < GgufParser.MAX_ENTRIES; i++) {
                        w.bool("key.of.some.length." + i, true);
                    }
                    w.rawTensor("t", 9, dims(1), 0, 0);
                }),
                arguments("most tensors", (Consumer<GgufWriter>) w -> {
                    for (int i = 0; i < GgufParser.MAX_TENSORS; i++) {
                        w.rawTensor("blk." + i + ".some_tensor.weight", 4, dims(1, 1, 1, 1), 0, i % 2 * 32L);
                    }
                    w.tensor("last", 0, dims(100), data(400));
                    w.declareTensors(GgufParser.MAX_TENSORS);
                }),
                arguments("many empty strings", (Consumer<GgufWriter>) w -> {
                    for (int i = 0; i < 4; i++) {
                        w.rawMetadata(
                                "strings." + i,
                                GgufWriter.ARRAY,
                                array(GgufWriter.STRING, GgufParser.MAX_ARRAY, data(8 * GgufParser.MAX_ARRAY)));
                    }
                    w.rawTensor("t", 9, dims(1), 0, 0);
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("costlyFiles")
    void refusesCheaply(String title, Consumer<GgufWriter> lie) {
        byte[] bytes = written(lie);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(bytes));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(refusal).as(title).isNotNull();
        assertThat(allocated)
                .as("%s: bytes allocated before %s", title, refusal.getMessage())
                .isLessThan(64 * MIB);
    }

    @Test
    void aVocabularyOfTheLargestSizeIsAViewAndNotACopy() {
        byte[] strings = array(GgufWriter.STRING, GgufParser.MAX_ARRAY, data(8 * GgufParser.MAX_ARRAY));
        GgufFile file = parse(written(w -> w.rawMetadata("tokens", GgufWriter.ARRAY, strings)));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        List<String> tokens = file.metadata().strings("tokens");
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(tokens).hasSize(GgufParser.MAX_ARRAY);
        assertThat(tokens.getLast()).isEmpty();
        assertThat(allocated).isLessThan(20 * MIB);
    }
}
