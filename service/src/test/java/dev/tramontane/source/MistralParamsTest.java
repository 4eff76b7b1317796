package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.json.JsonReader;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What params.json says, and what its silence means in mistral-inference. */
final class MistralParamsTest {
    private static final String PARAMS = """
        {"dim": 64, "n_layers": 4, "head_dim": 16, "hidden_dim": 128, "n_heads": 4, "n_kv_heads": 2, "norm_eps": 1e-05,
         "vocab_size": 100}
        """;

    @Test
    void readsTheGeometry() {
        assertThat(geometry("{}"))
                .isEqualTo(new ModelGeometry(
                        "mistral",
                        "m",
                        new ModelGeometry.Shape(4, 64, 4, 2, 16, 128, 100),
                        ModelGeometry.Mixture.NONE,
                        new ModelGeometry.Positions(128_000, 1e6, false, 16),
                        1e-5f,
                        List.of(new LayerGroup(0, List.of(0, 1, 2, 3)))));
        assertThat(geometry("{\"max_position_embeddings\": 32768}").contextLength())
                .isEqualTo(32_768);
        assertThat(geometry("{\"max_seq_len\": 8192}").contextLength()).isEqualTo(8192);
        ModelGeometry mixtral = geometry("{\"moe\": {\"num_experts\": 8, \"num_experts_per_tok\": 2}}");
        assertThat(mixtral.architecture()).isEqualTo("mixtral");
        assertThat(mixtral.experts()).isEqualTo(8);
        assertThat(mixtral.expertsUsed()).isEqualTo(2);
    }

    @Test
    void theBaseOfModelsWithoutOneFollowsFromTheWindow() {
        assertThat(geometry("{\"sliding_window\": 4096}").ropeTheta()).isEqualTo(1e4);
        assertThat(geometry("{\"sliding_window\": null}").ropeTheta()).isEqualTo(1e6);
        assertThat(geometry("{\"sliding_window\": [null, 32]}").ropeTheta()).isEqualTo(1e6);
        assertThat(geometry("{\"sliding_window\": 4096, \"rope_theta\": 1e8}").ropeTheta())
                .isEqualTo(1e8);
    }

    @Test
    void aListOfWindowsIsRepeated() {
        List<LayerGroup> ragged = List.of(new LayerGroup(0, List.of(0, 2)), new LayerGroup(32, List.of(1, 3)));
        assertThat(geometry("{\"sliding_window\": [null, 32]}").groups()).isEqualTo(ragged);
        assertThat(geometry("{\"_sliding_window\": [null, 32]}").groups()).isEqualTo(ragged);
        assertThat(params("{\"sliding_window\": [null, 32]}")
                        .geometry("m", 100, OptionalInt.of(7))
                        .groups())
                .containsExactly(new LayerGroup(7, List.of(0, 1, 2, 3)));
    }

    @Test
    void partsForImagesAreSeen() {
        assertThat(params("{}").seesImages()).isFalse();
        assertThat(params("{\"vision_encoder\": {\"hidden_size\": 1024}}").seesImages())
                .isTrue();
        assertThat(params("{\"multimodal\": {\"vision_encoder_args\": {}}}").seesImages())
                .isTrue();
    }

    private static ModelGeometry geometry(String changes) {
        return params(changes).geometry("m", 100, OptionalInt.empty());
    }

    private static MistralParams params(String changes) {
        byte[] json =
                new JsonObject(PARAMS).mergeIn(new JsonObject(changes)).encode().getBytes(StandardCharsets.UTF_8);
        return new MistralParams(new JsonParameters("params.json", "", JsonReader.object(json)));
    }
}
