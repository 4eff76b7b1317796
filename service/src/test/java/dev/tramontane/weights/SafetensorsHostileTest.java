package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.tramontane.fixtures.LittleEndian;
import dev.tramontane.fixtures.Mappings;
import dev.tramontane.fixtures.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Truncated, lying and hostile safetensors files: each refused with one line that says where and what. */
class SafetensorsHostileTest {
    private static final long MIB = 1 << 20;
    private static final String AGAIN = "; the file is damaged: download it again";

    @TempDir
    Path dir;

    private static SafetensorsFile parse(byte[] bytes) {
        return SafetensorsFile.of("bad.safetensors", MemorySegment.ofArray(bytes));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Arguments file(String title, Consumer<SafetensorsWriter> lie, String message) {
        SafetensorsWriter writer = new SafetensorsWriter();
        lie.accept(writer);
        return arguments(title, writer.toByteArray(), message);
    }

    private static Arguments tensor(String title, String json, String message) {
        return file(title, w -> w.rawEntry("\"t\":" + json).rawData(new byte[8]), message);
    }

    static Stream<Arguments> foreignFiles() {
        String wanted = ", expected a safetensors file; ";
        byte[] onnx = new byte[64];
        System.arraycopy(new byte[] {8, 9, 0x12, 7}, 0, onnx, 0, 4);
        byte[] message = ascii("{\"errors\":{\"code\":\"UNAUTHORIZED\"}}");
        return Stream.of(
                arguments(
                        "lfs",
                        ascii("version https://git-lfs.github.com/spec/v1\noid sha256:00"),
                        "at byte 0: this is a Git LFS pointer, not the file it points to" + wanted
                                + "run 'git lfs pull'"),
                arguments("html", ascii("<!DOCTYPE html><html>"), "at byte 0: this is a web page" + wanted),
                arguments("json", message, "at byte 0: this is JSON text, perhaps a server's error message"),
                arguments("json alike", ascii("{\"error\":{}}"), "at byte 0: this is JSON text, perhaps"),
                arguments("zip", ascii("PK\u0003\u0004xxxxxxx"), "at byte 0: this is a zip archive, as PyTorch writes"),
                arguments(
                        "pickle",
                        ascii("\u0080\u0002}q\u0000.     "),
                        "at byte 0: this is a Python pickle (.pth, .bin)"),
                arguments(
                        "gguf",
                        ascii("GGUF\u0003\0\0\0\1\0\0\0"),
                        "at byte 0: this is a GGUF file" + wanted + "give the path"),
                arguments("onnx", onnx, "at byte 0: this is an ONNX model" + wanted),
                arguments("hdf5", ascii("\u0089HDF\r\n\u001a\n    "), "at byte 0: this is an HDF5 file"),
                arguments("hole", new byte[4096], "at byte 0: this is zeros where the magic should be"));
    }

    static Stream<Arguments> headers() {
        String json = "the header is not valid JSON: ";
        return Stream.of(
                arguments(
                        "three bytes",
                        new byte[] {9, 9, 9},
                        "at byte 0: the file has 3 bytes, expected 8 with the header's length; the file is cut short:"
                                + " download it again"),
                file("length 0", w -> w.declareHeader(0), "at byte 0: this is zeros where the magic should be"),
                file(
                        "length 1",
                        w -> w.declareHeader(1),
                        "at byte 0: the header's length is 1, expected 2 to 100000000" + AGAIN),
                file("length 2^63", w -> w.declareHeader(Long.MIN_VALUE), "at byte 0: this is zeros"),
                file(
                        "length 2^64-1",
                        w -> w.declareHeader(-1),
                        "at byte 0: the header's length is 18446744073709551615"),
                file(
                        "length 100000001",
                        w -> w.declareHeader(100_000_001),
                        "at byte 0: the header's length is 100000001"),
                file(
                        "longer than the file",
                        w -> w.declareHeader(9),
                        "at byte 0: the header's length is 9, and 8 bytes follow, expected the whole header; the file"
                                + " is cut short: download it again"),
                arguments(
                        "no object",
                        new LittleEndian().u64(8).ascii("[       ").toByteArray(),
                        "at byte 8: the header does not begin with {, expected a JSON object"),
                arguments(
                        "space first",
                        new LittleEndian().u64(8).ascii(" {}     ").toByteArray(),
                        "at byte 8: the header does not begin with {"),
                arguments(
                        "cut header",
                        new LittleEndian().u64(8).ascii("{\"a\":{\"b").toByteArray(),
                        json + "it ends inside a name"),
                arguments(
                        "not UTF-8",
                        new LittleEndian()
                                .u64(8)
                                .ascii("{\"a")
                                .u8(0xff)
                                .ascii("\":1}")
                                .toByteArray(),
                        "at byte 11: the header is not valid UTF-8"),
                arguments(
                        "two values",
                        new LittleEndian().u64(8).ascii("{}{}    ").toByteArray(),
                        "at byte 10: the header goes on after its value"),
                file(
                        "duplicate names",
                        w -> w.rawTensor("t", "U8", new long[0], 0, 1)
                                .rawTensor("t", "U8", new long[0], 1, 2)
                                .rawData(new byte[2]),
                        json + "the name \"t\" comes twice in one object"),
                file(
                        "duplicate fields",
                        w -> w.rawEntry("\"t\":{\"dtype\":\"U8\",\"dtype\":\"I8\"}"),
                        json + "the name \"dtype\" comes twice in one object"),
                file(
                        "metadata of numbers",
                        w -> w.rawEntry("\"__metadata__\":{\"a\":1}"),
                        "at byte 29: __metadata__.a must be a string, got 1" + AGAIN),
                file(
                        "deep metadata",
                        w -> w.rawEntry("\"__metadata__\":{\"a\":{\"b\":\"c\"}}"),
                        "__metadata__.a must be a string, got an object"),
                file(
                        "metadata as text",
                        w -> w.rawEntry("\"__metadata__\":\"x\\ny\""),
                        "__metadata__ must be an object, got \"x\\u000ay\""),
                file(
                        "deep",
                        w -> w.rawEntry("\"t\":{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"),
                        "at byte 20: the header is nested beyond a depth of 4"),
                file(
                        "long name",
                        w -> w.rawTensor("n".repeat(513), "U8", new long[0], 0, 1),
                        "the header has a name of more than 512 characters"),
                file(
                        "long text",
                        w -> w.rawEntry("\"__metadata__\":{\"a\":\"" + "x".repeat(1 << 21) + "\"}"),
                        "the header has a string of more than "));
    }

    static Stream<Arguments> tensors() {
        return Stream.of(
                tensor("a number", "7", "at byte 13: t must be an object, got 7" + AGAIN),
                tensor("no dtype", "{\"shape\":[8],\"data_offsets\":[0,8]}", "tensor \"t\" has no dtype"),
                tensor("no shape", "{\"dtype\":\"U8\",\"data_offsets\":[0,8]}", "tensor \"t\" has no shape"),
                tensor("no offsets", "{\"dtype\":\"U8\",\"shape\":[8]}", "tensor \"t\" has no data_offsets"),
                tensor(
                        "unknown dtype",
                        "{\"dtype\":\"F\\n8\",\"shape\":[8],\"data_offsets\":[0,8]}",
                        "tensor \"t\" is of the unknown type \"F\\u000a8\", expected a type of safetensors"),
                tensor("dtype a number", "{\"dtype\":3}", "t.dtype must be a string, got 3"),
                tensor("shape a number", "{\"shape\":3}", "t.shape must be an array, got 3"),
                tensor(
                        "negative dimension",
                        "{\"shape\":[-1]}",
                        "t.shape[0] must be a whole number of at least 0, got -1"),
                tensor("half a dimension", "{\"shape\":[1,0.5]}", "t.shape[1] must be a whole number, got 0.5"),
                tensor(
                        "dimension 2^64",
                        "{\"shape\":[18446744073709551616]}",
                        "t.shape[0] must be a whole number between 0 and 9223372036854775807, got"
                                + " 18446744073709551616"),
                tensor("nine dimensions", "{\"shape\":[1,1,1,1,1,1,1,1,1]}", "tensor \"t\" has more than 8 dimensions"),
                tensor(
                        "bytes overflow",
                        "{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}",
                        "tensor \"t\" takes more than 2^60 bytes"),
                tensor(
                        "product wraps to 8",
                        "{\"dtype\":\"U8\",\"shape\":[8,3,6148914691236517206],\"data_offsets\":[0,8]}",
                        "tensor \"t\" takes more than 2^60 bytes"),
                tensor(
                        "half a byte",
                        "{\"dtype\":\"F4\",\"shape\":[15],\"data_offsets\":[0,8]}",
                        "tensor \"t\" takes 60 bits, expected whole bytes"),
                tensor(
                        "one offset",
                        "{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8]}",
                        "tensor \"t\" has 1 data_offsets, expected 2"),
                tensor("three offsets", "{\"data_offsets\":[0,8,9]}", "tensor \"t\" has more than 2 data_offsets"),
                tensor(
                        "reversed offsets",
                        "{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,0]}",
                        "tensor \"t\" ends at 0 before it begins at 8"),
                tensor(
                        "too few bytes",
                        "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,7]}",
                        "tensor \"t\" has 7 bytes, expected 8 for F32 [2]"),
                tensor(
                        "past the end",
                        "{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}",
                        "tensor \"t\" ends at byte 9 of the data, which has 8, expected all of it inside the file of"
                                + " 72 bytes; the file is cut short: download it again"),
                tensor(
                        "far past the end",
                        "{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[9223372036854775799,9223372036854775807]}",
                        "tensor \"t\" ends at byte 9223372036854775807 of the data, which has 8"),
                tensor(
                        "gap before",
                        "{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}",
                        "at byte 64: 4 bytes before tensor \"t\" belong to no tensor, expected no gaps"),
                tensor(
                        "bytes after",
                        "{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}",
                        "at byte 68: 4 bytes after the last tensor belong to no tensor, expected the end of the file"),
                file(
                        "overlap",
                        w -> w.rawTensor("a", "U8", new long[] {6}, 0, 6)
                                .rawTensor("b", "U8", new long[] {6}, 2, 8)
                                .rawData(new byte[8]),
                        "tensor \"b\" overlaps \"a\", expected it to begin at byte 6 of the data"),
                file(
                        "same place",
                        w -> w.rawTensor("a", "U8", new long[] {8}, 0, 8)
                                .rawTensor("b", "U8", new long[] {8}, 0, 8)
                                .rawData(new byte[8]),
                        "overlaps"),
                file(
                        "gap between",
                        w -> w.rawTensor("a", "U8", new long[] {1}, 0, 1)
                                .rawTensor("b", "U8", new long[] {6}, 2, 8)
                                .rawData(new byte[8]),
                        "1 bytes before tensor \"b\" belong to no tensor"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"foreignFiles", "headers", "tensors"})
    void refusesWithOneLine(String title, byte[] bytes, String message) throws IOException {
        ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(bytes));
        assertThat(refusal).as(title).isNotNull();
        assertThat(refusal).hasMessageStartingWith("bad.safetensors: at byte ").hasMessageContaining(message);
        assertThat(refusal.getMessage()).doesNotContain("\n").doesNotContain("\r");
        assertThat(refusal.offset()).isBetween(0L, (long) bytes.length);

        Path path = Files.write(dir.resolve("bad.safetensors"), bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(path).close())
                .as("the same from a mapped file")
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining(message);
        assertThat(Mappings.under(dir)).as("mappings left behind").isEmpty();
    }

    @Test
    void refusesASmallFileCutAtEveryByte() {
        byte[] whole = new SafetensorsWriter()
                .rawEntry("\"__metadata__\":{\"format\":\"pt\"}")
                .floats("a", new long[] {2, 2}, 1, 2, 3, 4)
                .tensor("b", "BF16", new long[] {3}, new byte[6])
                .toByteArray();
        parse(whole).close();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(cut));
            assertThat(refusal)
                    .as("cut to %d of %d bytes", length, whole.length)
                    .isNotNull();
            assertThat(refusal).hasMessageEndingWith(ModelFileException.CUT_SHORT);
        }
    }

    @Test
    void refusesWhatIsNoFile() throws IOException {
        Path absent = dir.resolve("absent.safetensors");
        assertThatThrownBy(() -> SafetensorsFile.open(absent).close())
                .hasMessage(absent + ": no such file; give the path of a safetensors file");
        assertThatThrownBy(() -> SafetensorsFile.open(dir).close())
                .hasMessageContaining("it is a directory, expected a file");
        Path dangling = Files.createSymbolicLink(dir.resolve("link.safetensors"), absent);
        assertThatThrownBy(() -> SafetensorsFile.open(dangling).close())
                .hasMessageContaining("the link leads to a file that is not there");
    }

    /** Files made to cost: the most the limits let through, and a bit more. */
    static Stream<Arguments> costlyFiles() {
        return Stream.of(
                arguments("a hundred thousand tensors", (Consumer<SafetensorsWriter>) w -> {
                    for (int i = 0; i < 100_000; i++) {
                        w.rawEntry(
                                "\"model.layers." + i + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
                    }
                }),
                arguments("the most metadata", (Consumer<SafetensorsWriter>) w -> {
                    StringBuilder json = new StringBuilder("\"__metadata__\":{\"first\":\"\"");
                    for (int i = 0; i < 16; i++) {
                        json.append(",\"")
                                .append(i)
                                .append("\":\"")
                                .append("x".repeat(1 << 20))
                                .append('"');
                    }
                    w.rawEntry(json.append('}').toString());
                }),
                arguments("empty metadata, very often", (Consumer<SafetensorsWriter>) w -> {
                    StringBuilder json = new StringBuilder("\"__metadata__\":{\"first\":\"\"");
                    for (int i = 0; i < 100_000; i++) {
                        json.append(",\"").append(i).append("\":\"\"");
                    }
                    w.rawEntry(json.append('}').toString());
                }),
                arguments("one string of 20 MB", (Consumer<SafetensorsWriter>)
                        w -> w.rawEntry("\"t\":{\"dtype\":\"" + "x".repeat(20_000_000) + "\"}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("costlyFiles")
    void refusesCheaply(String title, Consumer<SafetensorsWriter> lie) {
        SafetensorsWriter writer = new SafetensorsWriter();
        lie.accept(writer);
        byte[] bytes = writer.toByteArray();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ModelFileException refusal = catchThrowableOfType(ModelFileException.class, () -> parse(bytes));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(refusal).as(title).isNotNull();
        assertThat(allocated)
                .as("%s: bytes allocated before %s", title, refusal.getMessage())
                .isLessThan(64 * MIB);
    }
}
