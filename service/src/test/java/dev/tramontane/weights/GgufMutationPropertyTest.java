package dev.tramontane.weights;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.LittleEndian;
import dev.tramontane.fixtures.Mutations;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A sound file with random bytes changed: it is read, or refused in one line; nothing else may happen. */
class GgufMutationPropertyTest {
    private static final int INPUTS = 30_000;

    /** Bytes of data, at the end of the file; they may be anything. */
    private static final int DATA = 640;

    private static byte[] sound() {
        return new GgufWriter()
                .string("general.architecture", "llama")
                .u32("general.alignment", 32)
                .u32("llama.block_count", 1)
                .u64("llama.context_length", 4096)
                .f32("llama.rope.freq_base", 1e4f)
                .bool("tokenizer.ggml.add_bos_token", true)
                .strings("tokenizer.ggml.tokens", List.of("<s>", "é", "bc", ""))
                .floats("tokenizer.ggml.scores", 0, -1, -2, -3)
                .ints("tokenizer.ggml.token_type", 3, 1, 1, 5)
                .tensor("token_embd.weight", 8, new long[] {32, 4}, new byte[4 * 34])
                .tensor("blk.0.attn_q.weight", 12, new long[] {256, 2}, new byte[2 * 144])
                .tensor("output_norm.weight", 0, new long[] {32}, new byte[128])
                .toByteArray();
    }

    @Test
    void everyMutationIsReadOrRefused() {
        byte[] sound = sound();
        byte[] header = Arrays.copyOf(sound, sound.length - DATA);
        byte[] data = Arrays.copyOfRange(sound, header.length, sound.length);
        new Mutations(List.of(header), words(), ModelFileException.class).run(INPUTS, broken -> {
            byte[] bytes = new LittleEndian().bytes(broken).bytes(data).toByteArray();
            try (GgufFile file = GgufFile.of("m", MemorySegment.ofArray(bytes))) {
                readEverything(file);
            }
        });
    }

    private static List<byte[]> words() {
        return Stream.of(0L, 1L, -1L, 8L, 9L, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 20)
                .map(number -> new LittleEndian().u64(number).toByteArray())
                .toList();
    }

    /** Touches all that the file offers; the sum keeps the reads from being dropped. */
    private static long readEverything(GgufFile file) {
        long sum = 0;
        GgufMetadata metadata = file.metadata();
        for (String key : metadata.keys()) {
            sum += metadata.describe(key).length();
        }
        if (metadata.isArray("tokenizer.ggml.tokens")) {
            for (String token : metadata.strings("tokenizer.ggml.tokens")) {
                sum += token.length();
            }
        }
        for (GgufTensor tensor : file.tensors()) {
            sum += tensor.rows() * tensor.cols() + tensor.data().get(ValueLayout.JAVA_BYTE, tensor.bytes() - 1);
        }
        return sum;
    }
}
