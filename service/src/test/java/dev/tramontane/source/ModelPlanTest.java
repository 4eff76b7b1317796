package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.Quantised;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Geometry and tensors of a file: the true one is read, every lie is one clear sentence. */
final class ModelPlanTest {
    private static final int F32 = 0;
    private static final int Q4_0 = 2;
    private static final int IQ3_S = 21;

    @Test
    void readsTheGeometry() {
        ModelGeometry geometry = plan(TinyModel.PLAIN.parts()).geometry();
        assertThat(geometry)
                .isEqualTo(new ModelGeometry(
                        "llama",
                        "Tiny",
                        new ModelGeometry.Shape(3, 64, 4, 2, 16, 128, TinyVocabulary.size()),
                        ModelGeometry.Mixture.NONE,
                        new ModelGeometry.Positions(4096, 10_000.0, false, 16),
                        1e-5f,
                        List.of(new LayerGroup(0, List.of(0, 1, 2)))));
    }

    @Test
    void defaultsAreLlamaCpps() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.remove("llama.attention.head_count_kv");
        parts.remove("llama.rope.dimension_count");
        parts.remove("llama.rope.freq_base");
        parts.remove("general.name");
        for (int layer = 0; layer < 3; layer++) {
            replace(parts, "blk." + layer + ".attn_k.weight", F32, 64, 64);
            replace(parts, "blk." + layer + ".attn_v.weight", F32, 64, 64);
        }
        ModelGeometry geometry = plan(parts).geometry();
        assertThat(geometry.kvHeads()).isEqualTo(4);
        assertThat(geometry.ropeDimensions()).isEqualTo(16);
        assertThat(geometry.ropeTheta()).isEqualTo(10_000.0);
        assertThat(geometry.name()).isEqualTo("test.gguf");
    }

    @Test
    void theWindowIsTheFilesUnlessSaidOtherwise() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.withWindow(24).parts();
        assertThat(windows(parts, OptionalInt.empty())).containsExactly(24);
        assertThat(windows(parts, OptionalInt.of(0))).containsExactly(0);
        assertThat(windows(parts, OptionalInt.of(7))).containsExactly(7);
        parts.put("llama.attention.sliding_window", gguf -> gguf.ints("llama.attention.sliding_window", 0, 32, 0));
        GgufFile ragged = file(parts);
        assertThat(GgufGeometry.of(ragged, OptionalInt.empty()).groups())
                .containsExactly(new LayerGroup(0, List.of(0, 2)), new LayerGroup(32, List.of(1)));
    }

    @Test
    void aPatternSaysWhichLayersHaveTheWindow() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.withWindow(24).parts();
        number(parts, "llama.attention.sliding_window_pattern", 2);
        assertThat(GgufGeometry.of(file(parts), OptionalInt.empty()).groups())
                .containsExactly(new LayerGroup(0, List.of(1)), new LayerGroup(24, List.of(0, 2)));
        parts.put(
                "llama.attention.sliding_window_pattern",
                gguf -> gguf.ints("llama.attention.sliding_window_pattern", 0, 1, 1));
        assertThat(GgufGeometry.of(file(parts), OptionalInt.empty()).groups())
                .containsExactly(new LayerGroup(0, List.of(0)), new LayerGroup(24, List.of(1, 2)));
        assertThat(windows(parts, OptionalInt.of(7))).containsExactly(7);
    }

    @Test
    void mistral3IsLlamaByAnotherName() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.replaceAll((key, part) -> key.startsWith("llama.") ? renamed(key) : part);
        parts.put("general.architecture", gguf -> gguf.string("general.architecture", "mistral3"));
        assertThat(plan(parts).geometry().architecture()).isEqualTo("mistral3");
        assertThat(plan(parts).geometry().stretch()).isEqualTo(Stretch.NONE);
        real(parts, "mistral3.attention.temperature_scale", 0.1f);
        assertThat(plan(parts).geometry().stretch())
                .as("of the context that the model was made for, where no other is named")
                .isEqualTo(new Stretch(Optional.empty(), 1, 0.1f, 4096));
    }

    /** llama.cpp's meaning of its keys (llama-context.cpp): the paper's magnitude, divided by that of the multiplier. */
    @Test
    void yarnIsWhatLlamaCppMakesOfItsKeys() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        text(parts, "llama.rope.scaling.type", "yarn");
        real(parts, "llama.rope.scaling.factor", 16);
        number(parts, "llama.rope.scaling.original_context_length", 256);
        float papers = (float) (0.1 * Math.log(16) + 1);
        assertThat(plan(parts).geometry().stretch())
                .isEqualTo(new Stretch(Optional.of(new Yarn(16, 32, 1, 256, true)), papers, 0, 0));
        assertThat(plan(parts).ropeFactors()).startsWith(1f).endsWith(16f);
        real(parts, "llama.rope.scaling.yarn_log_multiplier", 1);
        real(parts, "llama.rope.scaling.yarn_beta_fast", 8);
        real(parts, "llama.rope.scaling.yarn_beta_slow", 2);
        assertThat(plan(parts).geometry().stretch())
                .isEqualTo(new Stretch(Optional.of(new Yarn(16, 8, 2, 256, true)), 1, 0, 0));
        real(parts, "llama.rope.scaling.attn_factor", 0.5f);
        assertThat(plan(parts).geometry().stretch().magnitude()).isEqualTo(0.5);
    }

    private static Consumer<GgufWriter> renamed(String key) {
        String other = "mistral3" + key.substring(5);
        return switch (key) {
            case "llama.block_count" -> gguf -> gguf.u32(other, 3);
            case "llama.context_length" -> gguf -> gguf.u32(other, 4096);
            case "llama.embedding_length" -> gguf -> gguf.u32(other, 64);
            case "llama.feed_forward_length" -> gguf -> gguf.u32(other, 128);
            case "llama.attention.head_count" -> gguf -> gguf.u32(other, 4);
            case "llama.attention.head_count_kv" -> gguf -> gguf.u32(other, 2);
            case "llama.rope.dimension_count" -> gguf -> gguf.u32(other, 16);
            case "llama.rope.freq_base" -> gguf -> gguf.f32(other, 10_000f);
            case "llama.attention.layer_norm_rms_epsilon" -> gguf -> gguf.f32(other, 1e-5f);
            default -> throw new IllegalStateException("a key that this test does not know: " + key);
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void expertsLieInOneTensorOrInOneEach(boolean merged) {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        experts(parts, 4, merged);
        ModelPlan plan = plan(parts);
        assertThat(plan.geometry().experts()).isEqualTo(4);
        assertThat(plan.geometry().expertsUsed()).isEqualTo(2);
        assertThat(plan.tensors()).hasSize(3 + 3 * (6 + 1 + 4 * 3));
        List<PlannedTensor> gates = plan.tensors().stream()
                .filter(tensor -> tensor.role() == TensorRole.FFN_GATE && tensor.layer() == 1)
                .toList();
        assertThat(gates).extracting(PlannedTensor::expert).containsExactly(0, 1, 2, 3);
        long rowBytes = 64 * Float.BYTES;
        for (int expert = 0; expert < 4; expert++) {
            PlannedTensor gate = gates.get(expert);
            assertThat(gate.data().byteSize()).isEqualTo(128 * rowBytes);
            assertThat(gate.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(expert);
            assertThat(gate.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 127 * rowBytes))
                    .isEqualTo(expert);
        }
    }

    /** Makes the layers mixtures of experts; every element of expert e is e. */
    private static void experts(Map<String, Consumer<GgufWriter>> parts, int experts, boolean merged) {
        number(parts, "llama.expert_count", experts);
        number(parts, "llama.expert_used_count", 2);
        for (int layer = 0; layer < 3; layer++) {
            String block = "blk." + layer + ".";
            replace(parts, block + "ffn_gate_inp.weight", F32, 64, experts);
            for (String word : List.of("ffn_gate", "ffn_up", "ffn_down")) {
                parts.remove(block + word + ".weight");
                int columns = word.equals("ffn_down") ? 128 : 64;
                int rows = 64 * 128 / columns;
                if (merged) {
                    constants(parts, block + word + "_exps.weight", 0, experts, columns, rows, experts);
                }
                for (int expert = 0; !merged && expert < experts; expert++) {
                    constants(parts, block + word + "." + expert + ".weight", expert, 1, columns, rows);
                }
            }
        }
    }

    private static void constants(
            Map<String, Consumer<GgufWriter>> parts, String name, int first, int count, long... dims) {
        float[] values = new float[64 * 128 * count];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i / (64 * 128);
        }
        parts.put(name, gguf -> gguf.tensor(name, F32, dims, Quantised.of(DType.F32, values)));
    }

    @Test
    void headsNeedNotFillTheWidth() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        number(parts, "llama.attention.key_length", 32);
        number(parts, "llama.attention.value_length", 32);
        number(parts, "llama.rope.dimension_count", 32);
        for (int layer = 0; layer < 3; layer++) {
            String block = "blk." + layer + ".";
            replace(parts, block + "attn_q.weight", F32, 64, 128);
            replace(parts, block + "attn_k.weight", F32, 64, 64);
            replace(parts, block + "attn_v.weight", F32, 64, 64);
            replace(parts, block + "attn_output.weight", F32, 128, 64);
        }
        assertThat(plan(parts).geometry().headDim()).isEqualTo(32);
    }

    @Test
    void everyTensorHasItsRole() {
        ModelPlan plan = plan(TinyModel.PLAIN.parts());
        assertThat(plan.tied()).isFalse();
        assertThat(plan.tensors()).hasSize(3 + 3 * 9);
        assertThat(plan.tensors())
                .filteredOn(tensor -> tensor.role() == TensorRole.FFN_DOWN)
                .extracting(PlannedTensor::name)
                .containsExactly("blk.0.ffn_down.weight", "blk.1.ffn_down.weight", "blk.2.ffn_down.weight");
        assertThat(plan(TinyModel.PLAIN.withTiedOutput().parts()).tied()).isTrue();
    }

    @Test
    void ropeFactorsAreTheTensorTimesTheScale() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        assertThat(plan(parts).ropeFactors()).isEmpty();
        parts.put("scale", gguf -> gguf.f32("llama.rope.scaling.factor", 4f));
        assertThat(plan(parts).ropeFactors()).containsOnly(4f).hasSize(8);
        parts.put(
                "rope_freqs.weight",
                gguf -> gguf.tensor("rope_freqs.weight", F32, new long[] {8}, Quantised.of(DType.F32, new float[] {
                    1, 1, 1, 1, 2, 4, 8, 8
                })));
        assertThat(plan(parts).ropeFactors()).containsExactly(4, 4, 4, 4, 8, 16, 32, 32);
        parts.put(
                "scale", gguf -> gguf.string("llama.rope.scaling.type", "none").f32("llama.rope.scaling.factor", 4f));
        assertThat(plan(parts).ropeFactors()).containsExactly(1, 1, 1, 1, 2, 4, 8, 8);
    }

    /** What is put in, what the message must name. */
    record Lie(String name, Consumer<Map<String, Consumer<GgufWriter>>> tell, String... named) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("lies")
    void refusesALieInOneSentence(Lie lie) {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        lie.tell().accept(parts);
        assertThatThrownBy(() -> plan(parts))
                .isInstanceOf(ModelFileException.class)
                .message()
                .contains("test.gguf")
                .contains(lie.named())
                .doesNotContain("\n");
    }

    static Stream<Lie> lies() {
        return Stream.of(
                new Lie(
                        "foreign architecture",
                        p -> text(p, "general.architecture", "qwen2"),
                        "qwen2",
                        "one of llama, mistral3"),
                new Lie("no architecture", p -> p.remove("general.architecture"), "general.architecture"),
                new Lie("no layers", p -> number(p, "llama.block_count", 0), "llama.block_count", "1 to 1024"),
                new Lie("a thousand million layers", p -> number(p, "llama.block_count", 1_000_000_000), "1 to 1024"),
                new Lie("a layer too many", p -> number(p, "llama.block_count", 4), "blk.3.attn_norm.weight"),
                new Lie("a layer too few", p -> number(p, "llama.block_count", 2), "blk.2.", "2 layers"),
                new Lie("no heads", p -> number(p, "llama.attention.head_count", 0), "attention.head_count"),
                new Lie("heads that don't divide", p -> number(p, "llama.attention.head_count", 3), "divisor"),
                new Lie("odd heads", p -> number(p, "llama.attention.key_length", 15), "key_length", "even"),
                new Lie("enormous heads", p -> number(p, "llama.attention.key_length", 4096), "key_length"),
                new Lie("kv heads that don't divide", p -> number(p, "llama.attention.head_count_kv", 3), "divisor"),
                new Lie(
                        "kv heads by layer",
                        p -> p.put(
                                "llama.attention.head_count_kv", g -> g.ints("llama.attention.head_count_kv", 2, 1, 2)),
                        "layers differ"),
                new Lie(
                        "too few kv heads by layer",
                        p -> p.put("llama.attention.head_count_kv", g -> g.ints("llama.attention.head_count_kv", 2, 2)),
                        "2 values",
                        "3 layers"),
                new Lie(
                        "values unlike keys",
                        p -> number(p, "llama.attention.value_length", 8),
                        "values of 8 elements"),
                new Lie("narrow", p -> number(p, "llama.embedding_length", 0), "embedding_length"),
                new Lie("width of 60", p -> number(p, "llama.embedding_length", 60), "multiple of 8"),
                new Lie("ffn of 2^31", p -> number(p, "llama.feed_forward_length", 1L << 31), "feed_forward_length"),
                new Lie("no context", p -> number(p, "llama.context_length", 0), "context_length"),
                new Lie("no context key", p -> p.remove("llama.context_length"), "context_length"),
                new Lie("odd rope", p -> number(p, "llama.rope.dimension_count", 7), "rope.dimension_count"),
                new Lie(
                        "rope beyond the head",
                        p -> number(p, "llama.rope.dimension_count", 18),
                        "up to the head's 16"),
                new Lie("theta of NaN", p -> real(p, "llama.rope.freq_base", Float.NaN), "rope.freq_base", "finite"),
                new Lie("theta of 0", p -> real(p, "llama.rope.freq_base", 0), "above 0"),
                new Lie("theta below 0", p -> real(p, "llama.rope.freq_base", -1), "above 0"),
                new Lie(
                        "epsilon of infinity",
                        p -> real(p, "llama.attention.layer_norm_rms_epsilon", Float.POSITIVE_INFINITY),
                        "epsilon"),
                new Lie("epsilon of 0", p -> real(p, "llama.attention.layer_norm_rms_epsilon", 0), "epsilon"),
                new Lie("epsilon missing", p -> p.remove("llama.attention.layer_norm_rms_epsilon"), "epsilon"),
                new Lie("experts, none used", p -> number(p, "llama.expert_count", 8), "llama.expert_used_count"),
                new Lie(
                        "more experts used than there are",
                        p -> {
                            number(p, "llama.expert_count", 8);
                            number(p, "llama.expert_used_count", 9);
                        },
                        "llama.expert_used_count",
                        "at most the 8 experts of llama.expert_count"),
                new Lie("300 experts", p -> number(p, "llama.expert_count", 300), "0 to 256"),
                new Lie(
                        "experts without tensors",
                        p -> {
                            number(p, "llama.expert_count", 4);
                            number(p, "llama.expert_used_count", 2);
                        },
                        "blk.0.ffn_gate_inp.weight"),
                new Lie(
                        "experts of another number",
                        p -> {
                            experts(p, 4, true);
                            number(p, "llama.expert_count", 2);
                            for (int layer = 0; layer < 3; layer++) {
                                replace(p, "blk." + layer + ".ffn_gate_inp.weight", F32, 64, 2);
                            }
                        },
                        "blk.0.ffn_gate_exps.weight",
                        "512 x 64",
                        "256 x 64",
                        "those of 2 experts"),
                new Lie(
                        "experts of another length",
                        p -> {
                            experts(p, 4, true);
                            number(p, "llama.expert_feed_forward_length", 64);
                        },
                        "experts of 64"),
                new Lie(
                        "shares that are not renormalised",
                        p -> p.put("n", g -> g.bool("llama.expert_weights_norm", false)),
                        "renormalised"),
                new Lie("shared experts", p -> number(p, "llama.expert_shared_count", 1), "expert_shared_count"),
                new Lie("experts by sigmoid", p -> number(p, "llama.expert_gating_func", 2), "expert_gating_func"),
                new Lie("scaled logits", p -> real(p, "llama.logit_scale", 0.5f), "logit_scale"),
                new Lie("scaled attention", p -> real(p, "llama.attention.scale", 0.5f), "attention"),
                new Lie("not causal", p -> p.put("c", g -> g.bool("llama.attention.causal", false)), "causal"),
                new Lie(
                        "yarn",
                        p -> text(p, "llama.rope.scaling.type", "yarn"),
                        "no metadata key \"llama.rope.scaling.factor\""),
                new Lie(
                        "yarn in part",
                        p -> {
                            text(p, "llama.rope.scaling.type", "yarn");
                            real(p, "llama.rope.scaling.factor", 4);
                            real(p, "llama.rope.scaling.yarn_ext_factor", 0.5f);
                        },
                        "yarn_ext_factor\" is 0.5"),
                new Lie(
                        "two magnitudes",
                        p -> {
                            text(p, "llama.rope.scaling.type", "yarn");
                            real(p, "llama.rope.scaling.factor", 4);
                            real(p, "llama.rope.scaling.yarn_attn_factor", 0.5f);
                        },
                        "yarn_attn_factor\" is 0.5"),
                new Lie("magnitude below 0", p -> real(p, "llama.rope.scaling.attn_factor", -1), "attn_factor\" has"),
                new Lie("temperature below 0", p -> real(p, "llama.attention.temperature_scale", -1), "_scale\" has"),
                new Lie(
                        "a temperature with a length of its own",
                        p -> {
                            real(p, "llama.attention.temperature_scale", 0.1f);
                            number(p, "llama.attention.temperature_length", 77);
                        },
                        "a length of its own, 77",
                        "which is 4096"),
                new Lie(
                        "latent attention",
                        p -> text(p, "general.architecture", "deepseek2"),
                        "\"deepseek2\" is not computed: the model needs multi-head latent attention (MLA)",
                        "Mistral Small 4"),
                new Lie("longrope", p -> text(p, "llama.rope.scaling.type", "longrope"), "\"longrope\""),
                new Lie("scale below 0", p -> real(p, "llama.rope.scaling.factor", -2), "rope.scaling.factor"),
                new Lie(
                        "nine windows",
                        p -> {
                            number(p, "llama.block_count", 9);
                            p.put("w", g -> g.ints("llama.attention.sliding_window", 1, 2, 3, 4, 5, 6, 7, 8, 9));
                        },
                        "9 different windows"),
                new Lie(
                        "window below 0",
                        p -> p.put("w", g -> g.i32("llama.attention.sliding_window", -1)),
                        "sliding_window"),
                new Lie(
                        "a pattern for other layers",
                        p -> {
                            number(p, "llama.attention.sliding_window", 32);
                            p.put("p", g -> g.ints("llama.attention.sliding_window_pattern", 1, 0));
                        },
                        "2 values",
                        "3 layers"),
                new Lie(
                        "a pattern that is no flag",
                        p -> {
                            number(p, "llama.attention.sliding_window", 32);
                            p.put("p", g -> g.ints("llama.attention.sliding_window_pattern", 1, 2, 0));
                        },
                        "a value of 2",
                        "0 to 1"),
                new Lie(
                        "said vocabulary",
                        p -> number(p, "llama.vocab_size", 17),
                        "vocab_size",
                        "rows of the embedding"),
                new Lie("text for a number", p -> text(p, "llama.block_count", "3"), "block_count", "integer"),
                new Lie("no embedding", p -> p.remove("token_embd.weight"), "token_embd.weight"),
                new Lie("no norm", p -> p.remove("output_norm.weight"), "output_norm.weight"),
                new Lie("no down", p -> p.remove("blk.1.ffn_down.weight"), "blk.1.ffn_down.weight"),
                new Lie(
                        "turned matrix",
                        p -> replace(p, "blk.1.ffn_down.weight", F32, 64, 128),
                        "blk.1.ffn_down.weight",
                        "128 x 64",
                        "64 x 128"),
                new Lie("short norm", p -> replace(p, "blk.0.ffn_norm.weight", F32, 32, 1), "1 x 32", "1 x 64"),
                new Lie(
                        "output of another width",
                        p -> replace(p, "output.weight", F32, 64, 5),
                        "output.weight",
                        "5 x 64"),
                new Lie("quantised norm", p -> replace(p, "blk.0.attn_norm.weight", Q4_0, 64, 1), "Q4_0", "F32"),
                new Lie(
                        "a type without kernels",
                        p -> replace(p, "blk.2.ffn_up.weight", IQ3_S, 256, 128),
                        "blk.2.ffn_up.weight",
                        "IQ3_S",
                        "Q4_K"),
                new Lie("a bias", p -> replace(p, "blk.0.attn_q.bias", F32, 64, 1), "blk.0.attn_q.bias", "no place"),
                new Lie(
                        "rope factors of NaN",
                        p -> p.put("f", g -> g.tensor("rope_freqs.weight", F32, new long[] {8}, new byte[32])),
                        "rope_freqs.weight",
                        "above 0"),
                new Lie("too many rope factors", p -> replace(p, "rope_freqs.weight", F32, 16, 1), "8 x F32"),
                new Lie("one part of many", p -> number(p, "split.count", 4), "4 parts"));
    }

    private static ModelPlan plan(Map<String, Consumer<GgufWriter>> parts) {
        return GgufSource.of(file(parts)).plan(OptionalInt.empty());
    }

    private static List<Integer> windows(Map<String, Consumer<GgufWriter>> parts, OptionalInt window) {
        return GgufSource.of(file(parts)).plan(window).geometry().groups().stream()
                .map(LayerGroup::window)
                .toList();
    }

    static GgufFile file(Map<String, Consumer<GgufWriter>> parts) {
        byte[] bytes = TinyModel.assemble(parts).toByteArray();
        return GgufFile.of("test.gguf", MemorySegment.ofArray(bytes).asReadOnly());
    }

    private static void number(Map<String, Consumer<GgufWriter>> parts, String key, long value) {
        parts.put(key, gguf -> gguf.u32(key, value));
    }

    private static void real(Map<String, Consumer<GgufWriter>> parts, String key, float value) {
        parts.put(key, gguf -> gguf.f32(key, value));
    }

    private static void text(Map<String, Consumer<GgufWriter>> parts, String key, String value) {
        parts.put(key, gguf -> gguf.string(key, value));
    }

    private static void replace(Map<String, Consumer<GgufWriter>> parts, String name, int type, int columns, int rows) {
        int bytes = switch (type) {
            case F32 -> columns * 4;
            case Q4_0 -> columns / 32 * 18;
            default -> columns / 256 * 110;
        };
        long[] dims = rows == 1 ? new long[] {columns} : new long[] {columns, rows};
        parts.put(name, gguf -> gguf.tensor(name, type, dims, new byte[bytes * rows]));
    }
}
