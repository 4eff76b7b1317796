package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.tramontane.fixtures.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    @TempDir
    Path dir;

    private static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @Test
    void readsWhatTheWriterWrote() throws IOException {
        Path path = new SafetensorsWriter()
                .rawEntry("\"__metadata__\":{\"format\":\"pt\",\"é\":\"\"}")
                .tensor("norm", "F32", new long[] {3}, counting(12))
                .tensor("matrix", "BF16", new long[] {2, 5}, counting(20))
                .tensor("scalar", "F64", new long[] {}, counting(8))
                .tensor("none", "F32", new long[] {0, 7}, counting(0))
                .tensor("nibbles", "F4", new long[] {2, 3}, counting(3))
                .tensor("cube", "F8_E4M3", new long[] {2, 1, 3}, counting(6))
                .writeTo(dir.resolve("model.safetensors"));

        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.name()).isEqualTo(path.toString());
            assertThat(file.size()).isEqualTo(Files.size(path));
            assertThat(file.metadata()).containsExactly(entry("format", "pt"), entry("é", ""));
            assertThat(file.tensors())
                    .extracting(SafetensorsTensor::name)
                    .containsExactly("norm", "matrix", "scalar", "none", "nibbles", "cube");
            SafetensorsTensor matrix = file.find("matrix").orElseThrow();
            assertThat(matrix.type()).isEqualTo(SafetensorsType.BF16);
            assertThat(matrix.shape()).containsExactly(2L, 5L);
            assertThat(matrix.elements()).isEqualTo(10);
            assertThat(matrix.bytes()).isEqualTo(20);
            assertThat(matrix.file()).isEqualTo(path.toString());
            assertThat(matrix.offset()).isEqualTo(file.size() - 17 - 20);
            assertThat(matrix.misaligned()).isFalse();
            assertThat(matrix.data().isReadOnly()).isTrue();
            assertThat(matrix.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(counting(20));
            assertThat(file.find("scalar").orElseThrow().elements()).isEqualTo(1);
            assertThat(file.find("none").orElseThrow().bytes()).isZero();
            assertThat(file.find("absent")).isEmpty();
        }
    }

    @Test
    void ordersTensorsByTheirData() {
        SafetensorsFile file = read(new SafetensorsWriter()
                .rawTensor("b", "U8", new long[] {4}, 4, 8)
                .rawTensor("a", "U8", new long[] {4}, 0, 4)
                .rawData(counting(8)));
        assertThat(file.tensors()).extracting(SafetensorsTensor::name).containsExactly("a", "b");
        assertThat(file.find("b").orElseThrow().data().get(ValueLayout.JAVA_BYTE, 0))
                .isEqualTo((byte) 4);
    }

    @Test
    void copiesDataThatLiesAtOddAddresses() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter().oddHeader().floats("odd", new long[] {2}, 1.5f, -2f);
        int header = writer.toByteArray().length - 8;
        Path path = writer.writeTo(dir.resolve("old.safetensors"));
        SafetensorsFile file = SafetensorsFile.open(path);
        SafetensorsTensor odd = file.find("odd").orElseThrow();
        assertThat(odd.misaligned()).isTrue();
        assertThat(odd.data().address() % 4).isZero();
        assertThat(odd.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1.5f, -2f);
        assertThat(odd.data().isReadOnly()).isTrue();
        assertThat(odd.data()).as("one copy").isSameAs(odd.data());
        assertThat(odd.offset()).isEqualTo(header);
        MemorySegment data = odd.data();
        file.close();
        file.close();
        assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void bytesAreAlignedAnywhere() throws IOException {
        Path path = new SafetensorsWriter()
                .oddHeader()
                .tensor("x", "F8_E4M3", new long[] {3}, counting(3))
                .tensor("y", "F8_E4M3", new long[] {3}, counting(3))
                .writeTo(dir.resolve("f8.safetensors"));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensors()).noneMatch(SafetensorsTensor::misaligned);
        }
    }

    @Test
    void readsAFileWithoutTensors() {
        assertThat(read(new SafetensorsWriter()).tensors()).isEmpty();
        assertThat(read(new SafetensorsWriter().rawEntry("\"__metadata__\":{}")).tensors())
                .isEmpty();
    }

    @Test
    void knowsTheTypesOfTheReferenceImplementation() {
        assertThat(List.of(SafetensorsType.values()))
                .extracting(SafetensorsType::name)
                .containsExactlyInAnyOrder(
                        "BOOL",
                        "F4",
                        "F6_E2M3",
                        "F6_E3M2",
                        "U8",
                        "I8",
                        "F8_E5M2",
                        "F8_E4M3",
                        "F8_E8M0",
                        "F8_E4M3FNUZ",
                        "F8_E5M2FNUZ",
                        "I16",
                        "U16",
                        "F16",
                        "BF16",
                        "I32",
                        "U32",
                        "F32",
                        "C64",
                        "F64",
                        "I64",
                        "U64");
    }

    @Test
    void stepsOverFieldsThatTheFormatDoesNotKnow() {
        SafetensorsFile file = read(new SafetensorsWriter()
                .rawEntry("\"a\":{\"later\":{\"x\":[1]},\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}")
                .rawData(counting(1)));
        assertThat(file.find("a")).isPresent();
    }

    private static SafetensorsFile read(SafetensorsWriter writer) {
        return SafetensorsFile.of("test.safetensors", MemorySegment.ofArray(writer.toByteArray()));
    }
}
