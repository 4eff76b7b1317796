package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.LittleEndian;
import dev.tramontane.kernels.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
    @TempDir
    Path dir;

    private static GgufFile read(GgufWriter writer) {
        return GgufFile.of("test.gguf", MemorySegment.ofArray(writer.toByteArray()));
    }

    private static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsWhatTheWriterWrote(int version) throws IOException {
        Path path = dir.resolve("small.gguf");
        new GgufWriter()
                .version(version)
                .string("general.architecture", "llama")
                .tensor("matrix", 8, new long[] {64, 3}, counting(3 * 2 * 34))
                .tensor("norm", 0, new long[] {5}, counting(20))
                .tensor("cube", 1, new long[] {2, 3, 4}, counting(48))
                .writeTo(path);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.version()).isEqualTo(version);
            assertThat(file.alignment()).isEqualTo(32);
            assertThat(file.size()).isEqualTo(path.toFile().length());
            assertThat(file.tensors()).extracting(GgufTensor::name).containsExactly("matrix", "norm", "cube");
            GgufTensor matrix = file.tensor("matrix");
            assertThat(matrix.type()).isEqualTo(GgmlType.of(DType.Q8_0));
            assertThat(matrix.rows()).isEqualTo(3);
            assertThat(matrix.cols()).isEqualTo(64);
            assertThat(matrix.elements()).isEqualTo(192);
            assertThat(matrix.offset()).isEqualTo(file.dataOffset());
            assertThat(matrix.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(counting(204));
            assertThat(matrix.data().isReadOnly()).isTrue();
            GgufTensor norm = file.tensor("norm");
            assertThat(norm.rows()).isEqualTo(1);
            assertThat(norm.bytes()).isEqualTo(20);
            assertThat(norm.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(counting(20));
            GgufTensor cube = file.tensor("cube");
            assertThat(cube.rows()).isEqualTo(12);
            assertThat(cube.file()).isEqualTo(path.toString());
            GgufTensor last = cube.slice(3);
            assertThat(last.dims()).containsExactly(2L, 3L);
            assertThat(last.offset()).isEqualTo(cube.offset() + 36);
            assertThat(last.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Arrays.copyOfRange(counting(48), 36, 48));
            assertThatThrownBy(() -> cube.slice(4)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> norm.slice(0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(file.files())
                    .containsExactly(new WeightFile(path, path.toFile().length()));
            file.checkRunnable();
        }
    }

    @Test
    void placesDataByTheFilesAlignment() {
        GgufFile file = read(new GgufWriter()
                .alignment(1024)
                .tensor("a", 0, new long[] {1}, counting(4))
                .tensor("b", 0, new long[] {2}, counting(8)));
        assertThat(file.alignment()).isEqualTo(1024);
        assertThat(file.tensor("a").offset()).isEqualTo(1024);
        assertThat(file.tensor("b").offset()).isEqualTo(2048);
        assertThat(file.tensor("b").data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(counting(8));
    }

    @Test
    void readsEveryKindOfMetadata() {
        GgufMetadata metadata = read(new GgufWriter()
                        .string("text", "é€😀")
                        .rawMetadata(
                                "u8", GgufWriter.U8, new LittleEndian().u8(0xff).toByteArray())
                        .rawMetadata(
                                "i8", GgufWriter.I8, new LittleEndian().u8(0xff).toByteArray())
                        .rawMetadata(
                                "u16",
                                GgufWriter.U16,
                                new LittleEndian().u16(0xffff).toByteArray())
                        .rawMetadata(
                                "i16",
                                GgufWriter.I16,
                                new LittleEndian().u16(0xffff).toByteArray())
                        .u32("u32", 0xffffffffL)
                        .i32("i32", -1)
                        .u64("u64", Long.MAX_VALUE)
                        .rawMetadata(
                                "i64",
                                GgufWriter.I64,
                                new LittleEndian().u64(-1).toByteArray())
                        .f32("f32", 0.1f)
                        .f64("f64", 0.1)
                        .bool("yes", true)
                        .bool("no", false)
                        .strings("strings", List.of("a", "", "ß", "d"))
                        .strings("none", List.of())
                        .ints("ints", 3, -1, Integer.MIN_VALUE)
                        .floats("floats", 1.5f, -0f)
                        .rawMetadata(
                                "bools",
                                GgufWriter.ARRAY,
                                new LittleEndian()
                                        .u32(GgufWriter.BOOL)
                                        .u64(2)
                                        .u8(1)
                                        .u8(0)
                                        .toByteArray()))
                .metadata();

        assertThat(metadata.keys()).startsWith("text", "u8").hasSize(18);
        assertThat(metadata.string("text")).isEqualTo("é€😀");
        assertThat(metadata.integer("u8", 0, 255)).isEqualTo(255);
        assertThat(metadata.integer("i8", -1, 0)).isEqualTo(-1);
        assertThat(metadata.integer("u16", 0, 65535)).isEqualTo(65535);
        assertThat(metadata.integer("i16", -1, 0)).isEqualTo(-1);
        assertThat(metadata.integer("u32", 0, Long.MAX_VALUE)).isEqualTo(0xffffffffL);
        assertThat(metadata.integer("i32", -1, 0)).isEqualTo(-1);
        assertThat(metadata.integer("u64", 0, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(metadata.integer("i64", -1, 0)).isEqualTo(-1);
        assertThat(metadata.real("f32")).isEqualTo(0.1f);
        assertThat(metadata.real("f64")).isEqualTo(0.1);
        assertThat(metadata.real("u8")).isEqualTo(255);
        assertThat(metadata.bool("yes", false)).isTrue();
        assertThat(metadata.bool("no", true)).isFalse();
        assertThat(metadata.bool("absent", true)).isTrue();
        assertThat(metadata.strings("strings")).containsExactly("a", "", "ß", "d");
        assertThat(metadata.strings("none")).isEmpty();
        assertThat(metadata.ints("ints")).containsExactly(3, -1, Integer.MIN_VALUE);
        assertThat(metadata.ints("bools")).containsExactly(1, 0);
        assertThat(metadata.floats("floats")).containsExactly(1.5f, -0f);
        assertThat(metadata.findString("absent")).isEmpty();
        assertThat(metadata.findInteger("absent", 0, 1)).isEmpty();
        assertThat(metadata.findReal("absent")).isEmpty();
        assertThat(metadata.isArray("ints")).isTrue();
        assertThat(metadata.isArray("u8")).isFalse();
        assertThat(metadata.describe("strings")).isEqualTo("array of string, 4 elements");
        assertThat(metadata.describe("f32")).isEqualTo("0.1");
        assertThat(metadata.describe("u32")).isEqualTo("4294967295");
    }

    @Test
    void gettersNameTheKeyAndWhatIsWrongWithIt() {
        GgufMetadata metadata = read(new GgufWriter()
                        .u32("llama.block_count", 1_000_000_000)
                        .u64("huge", -1)
                        .f32("llama.rope.freq_base", Float.NaN)
                        .ints("llama.head_count", 1, 2)
                        .string("name", "x")
                        .rawMetadata(
                                "wide",
                                GgufWriter.ARRAY,
                                new LittleEndian()
                                        .u32(GgufWriter.U32)
                                        .u64(1)
                                        .u32(-1)
                                        .toByteArray()))
                .metadata();

        assertThatThrownBy(() -> metadata.integer("llama.block_count", 1, 1024))
                .isInstanceOf(ModelFileException.class)
                .hasMessage(
                        "test.gguf: at byte 53: \"llama.block_count\" is 1000000000, expected a value from 1 to 1024;"
                                + " take another file of this model, or convert it again with llama.cpp's"
                                + " convert_hf_to_gguf.py");
        assertThatThrownBy(() -> metadata.integer("huge", 0, Long.MAX_VALUE))
                .hasMessageContaining("\"huge\" is 18446744073709551615");
        assertThatThrownBy(() -> metadata.real("llama.rope.freq_base"))
                .hasMessageContaining("\"llama.rope.freq_base\" is NaN, expected a finite number");
        assertThatThrownBy(() -> metadata.integer("llama.head_count", 1, 9))
                .hasMessageContaining("\"llama.head_count\" is of type array of i32, expected an integer");
        assertThatThrownBy(() -> metadata.strings("llama.head_count")).hasMessageContaining("an array of strings");
        assertThatThrownBy(() -> metadata.bool("name", true))
                .hasMessageContaining("is of type string, expected a bool");
        assertThatThrownBy(() -> metadata.string("huge")).hasMessageContaining("is of type u64, expected a string");
        assertThatThrownBy(() -> metadata.ints("name")).hasMessageContaining("expected an array of integers");
        assertThatThrownBy(() -> metadata.floats("name")).hasMessageContaining("expected an array of numbers");
        assertThatThrownBy(() -> metadata.string("absent"))
                .hasMessageContaining("there is no metadata key \"absent\", expected a string");
        assertThatThrownBy(() -> metadata.ints("wide")).hasMessageContaining("element 0 of \"wide\" is 4294967295");
    }

    @Test
    void stringsThatAreNotUtf8FailWhenTheyAreRead() {
        byte[] broken = new LittleEndian().u64(2).u8('a').u8(0xff).toByteArray();
        byte[] brokenArray = new LittleEndian()
                .u32(GgufWriter.STRING)
                .u64(2)
                .string("fine")
                .bytes(broken)
                .toByteArray();
        GgufMetadata metadata = read(new GgufWriter()
                        .rawMetadata("text", GgufWriter.STRING, broken)
                        .rawMetadata("pieces", GgufWriter.ARRAY, brokenArray))
                .metadata();
        assertThatThrownBy(() -> metadata.string("text")).hasMessageContaining("the value of \"text\" is not UTF-8");
        assertThat(metadata.strings("pieces").getFirst()).isEqualTo("fine");
        assertThatThrownBy(() -> metadata.strings("pieces").get(1))
                .hasMessageContaining("element 1 of \"pieces\" is not UTF-8");
    }

    @Test
    void namesATypeThatIsReadButNotComputed() {
        GgufFile file = read(new GgufWriter().tensor("blk.0.ffn_up.weight", 21, new long[] {256, 1}, counting(110)));
        assertThat(file.tensor("blk.0.ffn_up.weight").bytes()).isEqualTo(110);
        assertThatThrownBy(file::checkRunnable)
                .isInstanceOf(ModelFileException.class)
                .hasMessage("test.gguf: at byte " + file.dataOffset()
                        + ": tensor \"blk.0.ffn_up.weight\" is IQ3_S, which this version does not compute, expected"
                        + " one of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL,"
                        + " IQ4_XS, BF16; take another quantisation of the model, Q4_K_M or Q8_0 for instance");
    }

    @Test
    void refusesToRunOnePartOfAModel() {
        GgufFile file = read(new GgufWriter().rawMetadata("split.count", GgufWriter.U16, new byte[] {3, 0}));
        assertThatThrownBy(file::checkRunnable)
                .hasMessageContaining(
                        "this is one of 3 parts of a model, expected the whole model; give the path of a part");
    }

    @Test
    void missingTensorsAreNamed() {
        assertThatThrownBy(() -> read(new GgufWriter()).tensor("output.weight"))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("there is no tensor \"output.weight\"");
    }

    @Test
    void readsTheRealModelCompletely() {
        try (GgufFile file = GgufFile.open(Fetched.smolLm2())) {
            assertThat(file.version()).isEqualTo(3);
            assertThat(file.size()).isEqualTo(98_362_432L);
            assertThat(file.tensors().stream().collect(Collectors.groupingBy(GgufTensor::type, Collectors.counting())))
                    .containsOnly(
                            entry(GgmlType.of(DType.F32), 61L),
                            entry(GgmlType.of(DType.Q4_1), 210L),
                            entry(GgmlType.of(DType.Q8_0), 1L));
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.keys()).hasSize(33);
            assertThat(metadata.string("general.architecture")).isEqualTo("llama");
            assertThat(metadata.integer("llama.block_count", 1, 1024)).isEqualTo(30);
            assertThat(metadata.integer("llama.context_length", 1, Integer.MAX_VALUE))
                    .isEqualTo(8192);
            assertThat(metadata.real("llama.rope.freq_base")).isEqualTo(100_000);
            assertThat((float) metadata.real("llama.attention.layer_norm_rms_epsilon"))
                    .isEqualTo(1e-5f);
            assertThat(metadata.string("tokenizer.ggml.model")).isEqualTo("gpt2");
            assertThat(metadata.string("tokenizer.ggml.pre")).isEqualTo("smollm");
            List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
            assertThat(tokens).hasSize(49_152).startsWith("<|endoftext|>", "<|im_start|>", "<|im_end|>");
            assertThat(tokens).doesNotHaveDuplicates();
            List<String> merges = metadata.strings("tokenizer.ggml.merges");
            assertThat(merges).hasSize(48_900).startsWith("Ġ t", "Ġ a", "i n");
            assertThat(merges).allMatch(merge -> merge.indexOf(' ') > 0);
            assertThat(metadata.ints("tokenizer.ggml.token_type"))
                    .hasSize(49_152)
                    .startsWith(3, 3, 3);
            assertThat(metadata.string("tokenizer.chat_template")).startsWith("{% for message in messages %}");
            GgufTensor embedding = file.tensor("token_embd.weight");
            assertThat(embedding.dims()).containsExactly(576L, 49_152L);
            assertThat(embedding.type()).isEqualTo(GgmlType.of(DType.Q8_0));
            assertThat(embedding.offset()).isEqualTo(1_785_664L);
            assertThat(embedding.bytes()).isEqualTo(30_081_024L);
            GgufTensor last = file.tensors().stream()
                    .max((a, b) -> Long.compare(a.offset(), b.offset()))
                    .orElseThrow();
            assertThat(last.offset() + last.bytes()).isBetween(file.size() - 32, file.size());
            file.checkRunnable();
        }
    }

    @Test
    void tensorsDieWithTheFile() throws IOException {
        Path path = new GgufWriter().tensor("a", 0, new long[] {1}, counting(4)).writeTo(dir.resolve("a.gguf"));
        GgufFile file = GgufFile.open(path);
        MemorySegment data = file.tensor("a").data();
        file.close();
        file.close();
        assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
}
