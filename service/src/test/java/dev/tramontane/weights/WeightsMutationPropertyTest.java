package dev.tramontane.weights;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.LittleEndian;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.fixtures.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sound weights with random bytes changed: they are read, or refused in one line; nothing else may happen. */
class WeightsMutationPropertyTest {
    private static final String SHARD = "model-00001-of-00001.safetensors";

    @TempDir
    Path dir;

    private static List<byte[]> words() {
        List<byte[]> words = new ArrayList<>();
        for (String word : Mutations.jsonWords()) {
            words.add(word.getBytes(StandardCharsets.UTF_8));
        }
        for (String word : List.of("\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "F4", "[0,0]")) {
            words.add(word.getBytes(StandardCharsets.UTF_8));
        }
        Stream.of(0L, 1L, -1L, 2L, 7L, 1L << 20, 1L << 32, Long.MIN_VALUE, 100_000_000L)
                .forEach(number -> words.add(new LittleEndian().u64(number).toByteArray()));
        return words;
    }

    private static byte[] safetensors() {
        return new SafetensorsWriter()
                .rawEntry("\"__metadata__\":{\"format\":\"pt\"}")
                .floats("a", new long[] {2, 2}, 1, 2, 3, 4)
                .tensor("b.weight", "BF16", new long[] {3}, new byte[6])
                .tensor("c", "F8_E4M3", new long[] {2, 1}, new byte[2])
                .toByteArray();
    }

    private static void read(Iterable<SafetensorsTensor> tensors) {
        for (SafetensorsTensor tensor : tensors) {
            MemorySegment data = tensor.data();
            if (data.byteSize() != tensor.bytes()
                    || tensor.bytes() * Byte.SIZE
                            != tensor.elements() * tensor.type().bits()) {
                throw new AssertionError(tensor + " has " + tensor.bytes() + " bytes");
            }
            if (data.byteSize() > 0) {
                data.get(ValueLayout.JAVA_BYTE, data.byteSize() - 1);
            }
        }
    }

    @Test
    void everySafetensorsFileIsReadOrRefused() {
        byte[] old = new SafetensorsWriter()
                .oddHeader()
                .tensor("x", "F4", new long[] {4}, new byte[2])
                .tensor("y", "I64", new long[0], new byte[8])
                .toByteArray();
        new Mutations(List.of(safetensors(), old), words(), ModelFileException.class).run(10_000, input -> {
            try (SafetensorsFile file = SafetensorsFile.of("m", MemorySegment.ofArray(input))) {
                read(file.tensors());
            }
        });
    }

    @Test
    void everyIndexIsReadOrRefused() {
        String index = "{\"metadata\": {\"total_size\": 24}, \"weight_map\": {\"a\": \"m-1.safetensors\", \"b.weight\":"
                + " \"m-2.safetensors\", \"c\": \"m-1.safetensors\"}}";
        new Mutations(List.of(index.getBytes(StandardCharsets.UTF_8)), words(), ModelFileException.class)
                .run(10_000, input -> {
                    SafetensorsIndex read = SafetensorsIndex.of("m", MemorySegment.ofArray(input));
                    for (String file : read.files()) {
                        if (!Path.of("d").resolve(file).normalize().equals(Path.of("d", file)) || file.contains("/")) {
                            throw new AssertionError("the index leads to " + file);
                        }
                    }
                });
    }

    @Test
    void everySetIsReadOrRefused() throws IOException {
        Files.write(dir.resolve(SHARD), safetensors());
        String index = "{\"weight_map\": {\"a\": \"" + SHARD + "\", \"b.weight\": \"" + SHARD + "\", \"c\": \"" + SHARD
                + "\"}}";
        Path path = dir.resolve("model.safetensors.index.json");
        new Mutations(List.of(index.getBytes(StandardCharsets.UTF_8)), words(), ModelFileException.class)
                .run(300, input -> {
                    Files.write(path, input);
                    try (SafetensorsSet set = SafetensorsSet.open(dir, "model")) {
                        read(set.tensors());
                    }
                });
    }

    @Test
    void everySplitIsReadOrRefused() throws IOException {
        byte[][] parts = new byte[2][];
        for (int i = 0; i < 2; i++) {
            parts[i] = new GgufWriter()
                    .string("general.architecture", "llama")
                    .rawMetadata("split.no", GgufWriter.U16, new byte[] {(byte) i, 0})
                    .rawMetadata("split.count", GgufWriter.U16, new byte[] {2, 0})
                    .i32("split.tensors.count", 2)
                    .tensor("t" + i, 0, new long[] {1}, new byte[4])
                    .toByteArray();
        }
        Path second = dir.resolve("m-00002-of-00002.gguf");
        Files.write(dir.resolve("m-00001-of-00002.gguf"), parts[0]);
        new Mutations(List.of(parts[1]), words(), ModelFileException.class).run(300, input -> {
            Files.write(second, input);
            try (GgufFile file = GgufFile.open(second)) {
                file.tensors().forEach(tensor -> tensor.data().get(ValueLayout.JAVA_BYTE, tensor.bytes() - 1));
            }
        });
    }
}
