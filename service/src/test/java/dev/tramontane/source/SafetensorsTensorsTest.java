package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.SafetensorsWriter;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.ModelFileException;
import dev.tramontane.weights.SafetensorsSet;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One layer in a safetensors file: types, scales, tied heads, and what else may lie beside them. */
final class SafetensorsTensorsTest {
    private static final ModelGeometry TINY = new ModelGeometry(
            "t",
            "t",
            new ModelGeometry.Shape(1, 8, 1, 1, 8, 8, 3),
            ModelGeometry.Mixture.NONE,
            new ModelGeometry.Positions(16, 1e4, true, 8),
            1e-5,
            List.of(new LayerGroup(0, List.of(0))));

    private static final String LAYER = "model.layers.0.";
    private static final String QUERY = LAYER + "self_attn.q_proj";

    @TempDir
    Path directory;

    @Test
    void normsOfAnyTypeBecomeF32() throws IOException {
        List<PlannedTensor> planned = planned(model("F32"), true);
        PlannedTensor half = find(planned, TensorRole.ATTENTION_NORM);
        PlannedTensor brain = find(planned, TensorRole.FFN_NORM);
        PlannedTensor single = find(planned, TensorRole.OUTPUT_NORM);
        for (PlannedTensor norm : List.of(half, brain, single)) {
            assertThat(norm.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsOnly(1.5f)
                    .hasSize(8);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false, 11", "true, true, 12", "false, true, 12"})
    void aStoredHeadIsUsedEvenWhereItIsSaidToBeTied(boolean tied, boolean stored, int tensors) throws IOException {
        SafetensorsWriter writer = model("F32");
        if (stored) {
            writer.floats("lm_head.weight", new long[] {3, 8}, new float[24]);
        }
        assertThat(planned(writer, tied)).hasSize(tensors);
    }

    @Test
    void anUntiedModelNeedsItsHead() throws IOException {
        SafetensorsWriter writer = model("F32");
        assertThatThrownBy(() -> planned(writer, false))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("there is no tensor \"lm_head.weight\"");
    }

    @Test
    void whatNobodyComputesWithIsLeftAside() throws IOException {
        SafetensorsWriter writer = model("F32")
                .floats(LAYER + "self_attn.rotary_emb.inv_freq", new long[] {4}, new float[4])
                .floats(LAYER + "self_attn.k_scale", new long[] {1}, 1f)
                .floats(QUERY + ".input_scale", new long[0], 1f)
                .floats("vision_tower.x.weight", new long[] {1}, 1f);
        assertThat(planned(writer, true)).hasSize(11);
    }

    @ParameterizedTest
    @CsvSource({"weight_scale, 1", "weight_scale, 8", "weight_scale_inv, 0", "qscale_weight, 0"})
    void fp8HasAScaleForTheTensorOrForEachRow(String name, int rows) throws IOException {
        float[] scales = rows == 8 ? new float[] {1, 2, 3, 4, 5, 6, 7, 8} : new float[] {0.5f};
        long[] shape = rows == 0 ? new long[0] : new long[] {rows, 1};
        SafetensorsWriter writer = model("F8_E4M3").floats(QUERY + "." + name, shape, scales);
        assertThat(find(planned(writer, true), TensorRole.ATTENTION_Q).scales()).containsExactly(scales);
    }

    @Test
    void fp8WithoutAScaleOrWithOthersIsRefused() throws IOException {
        refused(w -> {}, "is F8_E4M3 without a scale", QUERY + ".weight_scale");
        refused(
                w -> w.floats(QUERY + ".weight_scale", new long[] {4, 2}, new float[8]),
                "has the shape [4, 2]",
                "scales by block are not computed");
        refused(w -> w.floats(QUERY + ".weight_scale", new long[] {7, 1}, new float[7]), "has the shape [7, 1]");
        refused(w -> w.floats(QUERY + ".weight_scale", new long[0], Float.NaN), "holds NaN, expected finite numbers");
        refused(
                w -> w.tensor(QUERY + ".weight_scale", "I8", new long[] {1}, new byte[1]),
                "weight_scale\" is I8, expected F32, F16 or BF16");
        refused(w -> w.floats(QUERY + ".weight_zero_point", new long[0], 1f), "is F8_E4M3 without a scale");
    }

    private void refused(Consumer<SafetensorsWriter> scale, String... said) throws IOException {
        SafetensorsWriter writer = model("F8_E4M3");
        scale.accept(writer);
        assertThatThrownBy(() -> planned(writer, true))
                .isInstanceOf(ModelFileException.class)
                .message()
                .contains(said)
                .doesNotContain("\n");
    }

    /** A model without a head; queries are of that type. */
    private static SafetensorsWriter model(String queries) {
        SafetensorsWriter writer = new SafetensorsWriter()
                .floats("model.embed_tokens.weight", new long[] {3, 8}, new float[24])
                .floats("model.norm.weight", new long[] {8}, 1.5f, 1.5f, 1.5f, 1.5f, 1.5f, 1.5f, 1.5f, 1.5f)
                .tensor(LAYER + "input_layernorm.weight", "F16", new long[] {8}, halves(Float.floatToFloat16(1.5f)))
                .tensor(LAYER + "post_attention_layernorm.weight", "BF16", new long[] {8}, halves((short)
                        (Float.floatToRawIntBits(1.5f) >>> 16)))
                .tensor(QUERY + ".weight", queries, new long[] {8, 8}, new byte[queries.equals("F32") ? 256 : 64]);
        for (String name : List.of("self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")) {
            writer.floats(LAYER + name + ".weight", new long[] {8, 8}, new float[64]);
        }
        for (String name : List.of("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")) {
            writer.tensor(LAYER + name + ".weight", "BF16", new long[] {8, 8}, new byte[128]);
        }
        return writer;
    }

    private static byte[] halves(short bits) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i += 2) {
            bytes[i] = (byte) bits;
            bytes[i + 1] = (byte) (bits >>> 8);
        }
        return bytes;
    }

    private List<PlannedTensor> planned(SafetensorsWriter writer, boolean tied) throws IOException {
        writer.writeTo(directory.resolve("model.safetensors"));
        try (SafetensorsSet files = SafetensorsSet.open(directory, "model")) {
            SafetensorsTensors tensors =
                    new SafetensorsTensors(files, new TensorNames.HuggingFace("model.", "lm_head"));
            assertThat(tensors.vocabulary()).isEqualTo(3);
            return tensors.planned(TINY, tied);
        }
    }

    private static PlannedTensor find(List<PlannedTensor> planned, TensorRole role) {
        return planned.stream().filter(each -> each.role() == role).findFirst().orElseThrow();
    }
}
