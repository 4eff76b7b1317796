package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is published today, as its makers' configurations say it: in their own layout and in Hugging Face's. */
final class PublishedModelsTest {
    private static final int VOCABULARY = 131_072;
    private static final String NO_LATENTS =
            "\"q_lora_rank\": null, \"kv_lora_rank\": null, \"qk_nope_head_dim\": null,"
                    + " \"qk_rope_head_dim\": null, \"v_head_dim\": null, \"moe\": null,";

    @Test
    void ministral3() {
        Stretch stretch = new Stretch(Optional.of(new Yarn(16, 32, 1, 16_384, true)), 1, 0.1f, 16_384);
        ModelGeometry own = params("""
                "dim": 4096, "n_layers": 34, "head_dim": 128, "hidden_dim": 14336, "n_heads": 32, "n_kv_heads": 8,
                "rope_theta": 1000000.0, "norm_eps": 1e-05, "tied_embeddings": false, "max_position_embeddings": 262144,
                "llama_4_scaling": {"original_max_position_embeddings": 16384, "beta": 0.1},
                "yarn": {"original_max_position_embeddings": 16384, "factor": 16, "apply_scale": false, "beta": 32,
                         "alpha": 1},
                "quantization": {"qformat_weight": "fp8_e4m3", "qscheme_act": "TENSOR"},
                "vision_encoder": {"image_token_id": 10}""");
        ModelGeometry theirs = images("""
                "model_type": "ministral3", "hidden_size": 4096, "num_hidden_layers": 34, "head_dim": 128,
                "intermediate_size": 14336, "num_attention_heads": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
                "hidden_act": "silu", "sliding_window": null, "attention_dropout": 0.0, "max_position_embeddings": 262144,
                "rope_parameters": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 16.0, "llama_4_scaling_beta": 0.1,
                    "mscale": 1.0, "mscale_all_dim": 1.0, "original_max_position_embeddings": 16384,
                    "rope_theta": 1000000.0, "rope_type": "yarn", "type": "yarn"}""");
        assertThat(own.stretch()).isEqualTo(stretch);
        assertThat(theirs.stretch()).isEqualTo(stretch);
        assertThat(own.contextLength()).isEqualTo(theirs.contextLength()).isEqualTo(262_144);
        assertThat(own.shape()).isEqualTo(theirs.shape());
        assertThat(own.ropeTheta()).isEqualTo(theirs.ropeTheta()).isEqualTo(1e6);
    }

    @Test
    void devstralSmall2() {
        Stretch stretch = new Stretch(Optional.of(new Yarn(48, 32, 1, 8192, true)), 1, 0.1f, 8192);
        ModelGeometry own = params("""
                "dim": 5120, "n_layers": 40, "head_dim": 128, "hidden_dim": 32768, "n_heads": 32, "n_kv_heads": 8,
                "rope_theta": 100000000.0, "norm_eps": 1e-05, "max_position_embeddings": 393216,
                "llama_4_scaling": {"original_max_position_embeddings": 8192, "beta": 0.1},
                "yarn": {"original_max_position_embeddings": 8192, "factor": 48, "apply_scale": false, "beta": 32,
                         "alpha": 1}""");
        assertThat(own.stretch()).isEqualTo(stretch);
        ModelGeometry theirs = images("""
                "model_type": "ministral3", "hidden_size": 5120, "num_hidden_layers": 40, "head_dim": 128,
                "intermediate_size": 32768, "num_attention_heads": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
                "sliding_window": null, "max_position_embeddings": 393216,
                "rope_parameters": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 48.0, "llama_4_scaling_beta": 0.1,
                    "mscale": 1.0, "mscale_all_dim": 1.0, "original_max_position_embeddings": 8192,
                    "rope_theta": 100000000.0, "rope_type": "yarn", "type": "yarn"}""");
        assertThat(theirs.stretch()).isEqualTo(stretch);
    }

    /** Small 3.2, and Magistral and the first Devstral, which are trained from it: nothing is stretched. */
    @Test
    void small32() {
        ModelGeometry own = params("""
                "dim": 5120, "n_layers": 40, "head_dim": 128, "hidden_dim": 32768, "n_heads": 32, "n_kv_heads": 8,
                "rope_theta": 1000000000.0, "norm_eps": 1e-05, "max_seq_len": 131072""");
        ModelGeometry theirs = images("""
                "model_type": "mistral", "hidden_size": 5120, "num_hidden_layers": 40, "head_dim": 128,
                "intermediate_size": 32768, "num_attention_heads": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
                "sliding_window": null, "max_position_embeddings": 131072, "rope_theta": 1000000000.0""");
        assertThat(own.shape()).isEqualTo(theirs.shape());
        assertThat(own.ropeTheta()).isEqualTo(theirs.ropeTheta()).isEqualTo(1e9f);
        assertThat(own.stretch()).isEqualTo(theirs.stretch()).isEqualTo(Stretch.NONE);
        assertThat(own.groups()).isEqualTo(theirs.groups()).hasSize(1);
    }

    /** "Ragged": one layer of four sees everything. */
    @Test
    void ministral8b() {
        ModelGeometry own = params("""
                "dim": 4096, "n_layers": 36, "head_dim": 128, "hidden_dim": 12288, "n_heads": 32, "n_kv_heads": 8,
                "rope_theta": 100000000.0, "norm_eps": 1e-05, "max_seq_len": 131072,
                "_sliding_window": [null, 32768, 32768, 32768]""");
        List<Integer> whole = IntStream.range(0, 9).mapToObj(i -> 4 * i).toList();
        assertThat(own.groups())
                .containsExactly(
                        new LayerGroup(0, whole),
                        new LayerGroup(
                                32_768,
                                IntStream.range(0, 36)
                                        .boxed()
                                        .filter(layer -> layer % 4 != 0)
                                        .toList()));
    }

    private static ModelGeometry params(String json) {
        return new MistralParams(parameters("{" + NO_LATENTS + "\"vocab_size\": 131072, " + json + "}"))
                .geometry("m", VOCABULARY, OptionalInt.empty());
    }

    private static ModelGeometry images(String text) {
        return new HuggingFaceConfig(parameters("{\"architectures\": [\"Mistral3ForConditionalGeneration\"],"
                        + " \"model_type\": \"mistral3\", \"text_config\": {\"vocab_size\": 131072, " + text + "}}"))
                .geometry("m", VOCABULARY, OptionalInt.empty());
    }

    private static JsonParameters parameters(String json) {
        return new JsonParameters("config", "", TekkenSettingsTest.object(json));
    }
}
