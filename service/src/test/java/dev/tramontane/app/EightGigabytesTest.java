package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of 7B parameters on a machine with 8 GB: what {@code inspect} says before anything is loaded. */
class EightGigabytesTest {
    private static final int WIDTH = 4096;
    private static final int FFN = 14_336;
    private static final int LAYERS = 32;
    private static final int VOCABULARY = 32_768;

    /** What Java takes of such a machine unless it is told otherwise: a quarter. */
    private static final long HEAP = 2L << 30;

    @TempDir
    Path folder;

    private long offset;

    /** Mistral 7B's shape; a hole in place of its weights. */
    private Path model(DType type) throws IOException {
        GgufWriter gguf = new GgufWriter();
        gguf.string("general.architecture", "llama")
                .u32("llama.block_count", LAYERS)
                .u32("llama.context_length", 32_768)
                .u32("llama.embedding_length", WIDTH)
                .u32("llama.feed_forward_length", FFN)
                .u32("llama.attention.head_count", 32)
                .u32("llama.attention.head_count_kv", 8)
                .u32("llama.rope.dimension_count", 128)
                .f32("llama.rope.freq_base", 1e6f)
                .f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        TinyVocabulary.parts().values().forEach(part -> part.accept(gguf));
        matrix(gguf, "token_embd.weight", VOCABULARY, WIDTH, type);
        matrix(gguf, "output.weight", VOCABULARY, WIDTH, type);
        norm(gguf, "output_norm.weight");
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk." + layer + ".";
            norm(gguf, block + "attn_norm.weight");
            norm(gguf, block + "ffn_norm.weight");
            matrix(gguf, block + "attn_q.weight", WIDTH, WIDTH, type);
            matrix(gguf, block + "attn_k.weight", WIDTH / 4, WIDTH, type);
            matrix(gguf, block + "attn_v.weight", WIDTH / 4, WIDTH, type);
            matrix(gguf, block + "attn_output.weight", WIDTH, WIDTH, type);
            matrix(gguf, block + "ffn_gate.weight", FFN, WIDTH, type);
            matrix(gguf, block + "ffn_up.weight", FFN, WIDTH, type);
            matrix(gguf, block + "ffn_down.weight", WIDTH, FFN, type);
        }
        Path file = folder.resolve(type + ".gguf");
        byte[] header = gguf.header();
        Files.write(file, header);
        try (RandomAccessFile hole = new RandomAccessFile(file.toFile(), "rw")) {
            hole.setLength((header.length + 31L) / 32 * 32 + offset);
        }
        return file;
    }

    private void matrix(GgufWriter gguf, String name, long rows, long columns, DType type) {
        gguf.rawTensor(name, 2, new long[] {columns, rows}, type.number(), offset);
        offset += rows * columns / 32 * (type == DType.Q4_0 ? 18 : 64);
    }

    private void norm(GgufWriter gguf, String name) {
        gguf.rawTensor(name, 1, new long[] {WIDTH}, DType.F32.number(), offset);
        offset += WIDTH * 4;
    }

    private MemoryLimit machine() throws IOException {
        Path proc = Files.createDirectories(folder.resolve("root/proc"));
        Files.writeString(proc.resolve("meminfo"), "MemTotal: 8000000 kB\nMemAvailable: 7300000 kB\n");
        return MemoryLimit.read(folder.resolve("root"), HEAP);
    }

    private Map<String, Object> facts(DType type, String... flags) throws IOException {
        Map<Setting, String> given = new EnumMap<>(Setting.class);
        for (int i = 0; i < flags.length; i += 2) {
            given.put(Setting.ofKey(flags[i]).orElseThrow(), flags[i + 1]);
        }
        Configuration configuration = Configuration.of(Settings.of(given, Map.of(), Map.of(), ""));
        try (ModelSource source = ModelSource.open(model(type))) {
            ModelPlan plan = source.plan(configuration.model().window());
            MemoryPlan memory = MemoryPlan.of(Kernels.library(), plan, configuration, machine(), 4, HEAP);
            Section section = MemoryFacts.of(plan, memory, Backend.CPU, Optional.empty(), Optional.empty());
            Map<String, Object> facts = new LinkedHashMap<>();
            section.facts().forEach(fact -> facts.put(fact.key(), fact.value()));
            section.facts().stream()
                    .filter(fact -> fact.key().equals("fits"))
                    .forEach(fact -> facts.put("fits in words", fact.text()));
            return facts;
        }
    }

    @Test
    void inQ4WithAWindowItFits() throws IOException {
        Map<String, Object> facts = facts(DType.Q4_0, "window", "4096", "max-batch", "1", "max-sequences", "1");
        assertThat(facts).containsEntry("fits", true).doesNotContainKey("excess");
        assertThat(facts.get("fits in words"))
                .asString()
                .startsWith("yes, with ")
                .endsWith("to spare");
        assertThat(facts.get("total_bytes"))
                .asInstanceOf(InstanceOfAssertFactories.LONG)
                .isLessThan(7_300_000L << 10);
        assertThat(facts).containsEntry("context", 32_768);
    }

    @Test
    void inSixteenBitsItDoesNot() throws IOException {
        Map<String, Object> facts =
                facts(DType.F16, "window", "4096", "max-batch", "1", "max-sequences", "1", "quantize", "q8_0");
        assertThat(facts).containsEntry("fits", false).containsEntry("fits in words", "no");
        assertThat(facts.get("excess")).asString().contains("take a smaller model");
    }
}
