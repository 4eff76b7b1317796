package dev.tramontane.weights;

import static org.junit.jupiter.api.Assertions.fail;

import dev.tramontane.fixtures.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A sound file with random bytes changed: it is read, or refused in one line; nothing else may happen. */
class GgufMutationPropertyTest {
    private static final int INPUTS = 50_000;

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
        long seed = Long.getLong("tramontane.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        byte[] sound = sound();
        int header = sound.length - 640;
        int read = 0;
        for (int i = 0; i < INPUTS; i++) {
            byte[] bytes = sound.clone();
            int changes = 1 + random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                int at = random.nextInt(header);
                bytes[at] = (byte)
                        switch (random.nextInt(4)) {
                            case 0 -> 0;
                            case 1 -> 0xff;
                            case 2 -> bytes[at] ^ 1 << random.nextInt(8);
                            default -> random.nextInt(256);
                        };
            }
            try (GgufFile file = GgufFile.of("m", MemorySegment.ofArray(bytes))) {
                read += readEverything(file) != 0 ? 1 : 0;
            } catch (ModelFileException refused) {
                if (String.valueOf(refused.getMessage()).lines().count() != 1 || refused.offset() > bytes.length) {
                    fail("seed " + seed + ", input " + i + ": " + refused, refused);
                }
            } catch (RuntimeException | Error failure) {
                fail("seed " + seed + ", input " + i + ", " + HexFormat.of().formatHex(bytes), failure);
            }
        }
        if (read == 0 || read == INPUTS) {
            fail("seed " + seed + ": " + read + " of " + INPUTS + " were read; the mutations prove nothing");
        }
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
