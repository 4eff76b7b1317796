package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.json.JsonReader;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a config.json of any age says, and what its silence means in transformers. */
final class HuggingFaceConfigTest {
    private static final String MISTRAL = """
        {"architectures": ["MistralForCausalLM"], "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096, "rms_norm_eps": 1e-05,
         "vocab_size": 100}
        """;

    @Test
    void silenceMeansTransformersDefaults() {
        ModelGeometry mistral = geometry("{}");
        assertThat(mistral.groups()).containsExactly(new LayerGroup(4096, List.of(0, 1, 2, 3)));
        assertThat(mistral.ropeTheta()).isEqualTo(10_000);
        assertThat(mistral.rmsEpsilon()).isEqualTo(1e-5f);
        assertThat(mistral.headDim()).isEqualTo(16);
        assertThat(mistral.ropeHalves()).isTrue();
        assertThat(mistral.contextLength()).isEqualTo(4096);
        assertThat(geometry("{\"rms_norm_eps\": null}").rmsEpsilon()).isEqualTo(1e-6f);
        assertThat(geometry("{\"num_key_value_heads\": null}").kvHeads()).isEqualTo(4);
        ModelGeometry llama = geometry("{\"architectures\": [\"LlamaForCausalLM\"], \"num_key_value_heads\": \"-\"}");
        assertThat(llama.groups()).containsExactly(new LayerGroup(0, List.of(0, 1, 2, 3)));
        assertThat(llama.kvHeads()).isEqualTo(4);
        ModelGeometry mixtral = geometry("{\"architectures\": [\"MixtralForCausalLM\"], \"num_local_experts\": 8,"
                + " \"num_experts_per_tok\": 2}");
        assertThat(mixtral.groups()).containsExactly(new LayerGroup(0, List.of(0, 1, 2, 3)));
        assertThat(mixtral.ropeTheta()).isEqualTo(1_000_000);
        assertThat(mixtral.experts()).isEqualTo(8);
        assertThat(mixtral.expertsUsed()).isEqualTo(2);
    }

    @Test
    void aNullWindowIsNone() {
        assertThat(windows("{\"sliding_window\": null}")).containsExactly(0);
        assertThat(windows("{\"sliding_window\": 32}")).containsExactly(32);
        assertThat(windows("{\"sliding_window\": 32, \"use_sliding_window\": false}"))
                .containsExactly(0);
    }

    @Test
    void layersMayDiffer() {
        String types = "[\"full_attention\", \"sliding_attention\", \"sliding_attention\", \"full_attention\"]";
        ModelGeometry mixed = geometry("{\"sliding_window\": 32, \"layer_types\": " + types + "}");
        assertThat(mixed.groups()).containsExactly(new LayerGroup(0, List.of(0, 3)), new LayerGroup(32, List.of(1, 2)));
        ModelGeometry upper =
                geometry("{\"sliding_window\": 32, \"use_sliding_window\": true, \"max_window_layers\": 1}");
        assertThat(upper.groups()).containsExactly(new LayerGroup(0, List.of(0)), new LayerGroup(32, List.of(1, 2, 3)));
        assertThat(config("{\"layer_types\": [7]}")
                        .geometry("m", 100, OptionalInt.of(9))
                        .groups())
                .containsExactly(new LayerGroup(9, List.of(0, 1, 2, 3)));
    }

    @Test
    void headsNeedNotFillTheWidth() {
        ModelGeometry nemo = geometry("{\"head_dim\": 32}");
        assertThat(nemo.headDim()).isEqualTo(32);
        assertThat(nemo.ropeDimensions()).isEqualTo(32);
        assertThat(geometry("{\"head_dim\": null}").headDim()).isEqualTo(16);
    }

    @Test
    void rotationIsSaidInThreeWays() {
        assertThat(geometry("{\"rope_theta\": 1e6}").ropeTheta()).isEqualTo(1e6);
        assertThat(geometry("{\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 1e8}}")
                        .ropeTheta())
                .isEqualTo(1e8);
        String nested = "{\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000},"
                + " \"sliding_attention\": {\"rope_theta\": 500000}}}";
        assertThat(geometry(nested).ropeTheta()).isEqualTo(500_000);
        assertThat(rope("{\"rope_scaling\": null}").factors()).isEmpty();
        assertThat(rope("{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5}}")
                        .factors())
                .containsOnly(2.5f)
                .hasSize(8);
    }

    /** Values of transformers' _compute_llama3_parameters: base / stretched frequency. */
    @Test
    void llama3StretchesLongWaves() {
        float[] factors =
                rope("{\"rope_theta\": 500000.0, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0,"
                                + " \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0,"
                                + " \"original_max_position_embeddings\": 256}}")
                        .factors();
        double[] waves = new double[8];
        for (int i = 0; i < 8; i++) {
            waves[i] = 2 * Math.PI * Math.pow(500_000.0, i / 8.0);
        }
        assertThat(waves[1]).isLessThan(64);
        assertThat(waves[2]).isBetween(64.0, 256.0);
        assertThat(waves[3]).isGreaterThan(256);
        double smooth = (256 / waves[2] - 1) / 3;
        assertThat(factors[0]).isEqualTo(1);
        assertThat(factors[1]).isEqualTo(1);
        assertThat((double) factors[2]).isCloseTo(1 / ((1 - smooth) / 8 + smooth), within(1e-6));
        for (int i = 3; i < 8; i++) {
            assertThat(factors[i]).isEqualTo(8);
        }
    }

    /** Ministral3Config's own where the file has none; values of transformers' _compute_yarn_parameters. */
    @Test
    void ministral3IsStretchedByDefault() {
        String plain = "{\"architectures\": [\"Ministral3ForCausalLM\"], \"head_dim\": 16}";
        ModelGeometry geometry = geometry(plain);
        assertThat(geometry.ropeTheta()).isEqualTo(1e6);
        assertThat(geometry.stretch())
                .isEqualTo(new Stretch(Optional.of(new Yarn(16, 32, 1, 16_384, true)), 1, 0.1f, 16_384));
        assertThat(rope(plain).factors())
                .usingComparatorWithPrecision(1e-5f)
                .containsExactly(1f, 1f, 1f, 1.4545455f, 2.6666667f, 16f, 16f, 16f);
        assertThat(geometry("{\"architectures\": [\"Ministral3ForCausalLM\"], \"head_dim\": 16, \"rope_parameters\":"
                                + " {\"rope_type\": \"default\", \"rope_theta\": 100.0}}")
                        .stretch())
                .isEqualTo(Stretch.NONE);
        assertThat(geometry("{\"architectures\": [\"Ministral3ForCausalLM\"], \"head_dim\": 16, \"rope_parameters\":"
                                + " {\"original_max_position_embeddings\": 16, \"llama_4_scaling_beta\": 1e-60}}")
                        .stretch())
                .as("nothing, in the precision that is computed with")
                .isEqualTo(Stretch.NONE);
    }

    @Test
    void theTextPartOfAModelThatSeesImages() {
        JsonObject whole = new JsonObject()
                .put("architectures", List.of("Mistral3ForConditionalGeneration"))
                .put("text_config", new JsonObject(MISTRAL).put("model_type", "mistral"));
        HuggingFaceConfig config = new HuggingFaceConfig(new JsonParameters("config.json", "", plain(whole)));
        assertThat(config.seesImages()).isTrue();
        assertThat(config.tied()).isTrue();
        assertThat(config.geometry("m", 100, OptionalInt.empty()).layers()).isEqualTo(4);
    }

    private static List<Integer> windows(String changes) {
        return geometry(changes).groups().stream().map(LayerGroup::window).toList();
    }

    private static HuggingFaceRope rope(String changes) {
        return config(changes).rope(16);
    }

    private static ModelGeometry geometry(String changes) {
        return config(changes).geometry("m", 100, OptionalInt.empty());
    }

    /** Mistral's configuration with changes; "-" takes a key away. */
    private static HuggingFaceConfig config(String changes) {
        Map<String, @Nullable Object> map = plain(new JsonObject(MISTRAL).mergeIn(new JsonObject(changes)));
        map.values().removeIf("-"::equals);
        return new HuggingFaceConfig(new JsonParameters("config.json", "", map));
    }

    private static Map<String, @Nullable Object> plain(JsonObject json) {
        return new HashMap<>(JsonReader.object(json.encode().getBytes(StandardCharsets.UTF_8)));
    }
}
