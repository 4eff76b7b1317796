package dev.tramontane.convert;

import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import dev.tramontane.weights.GgufDraft;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A model's hyperparameters in the keys of GGUF's llama architecture (ggml's {@code docs/gguf.md}), or of llama.cpp's
 * mistral3 where its context was stretched by more than divisors of frequencies.
 */
final class ModelKeys {
    /** Version of the block layouts that ggml has had since 2023. */
    private static final int QUANTIZATION_VERSION = 2;

    private final ModelGeometry geometry;
    private final GgufDraft draft;
    private final String architecture;

    private ModelKeys(ModelGeometry geometry, GgufDraft draft) {
        this.geometry = geometry;
        this.draft = draft;
        architecture = geometry.stretch().equals(Stretch.NONE) ? "llama" : "mistral3";
    }

    /** @param yarn by which the frequencies are stretched; empty where their factors are a tensor, or there are none */
    static void write(ModelGeometry geometry, Optional<Yarn> yarn, OutputType type, GgufDraft draft) {
        ModelKeys keys = new ModelKeys(geometry, draft);
        keys.shape(type);
        keys.windows();
        keys.stretch(yarn);
    }

    private void shape(OutputType type) {
        draft.string("general.architecture", architecture)
                .string("general.type", "model")
                .string("general.name", geometry.name())
                .u32("general.file_type", type.fileType())
                .u32("general.quantization_version", QUANTIZATION_VERSION)
                .u32(key("vocab_size"), geometry.vocabulary())
                .u32(key("context_length"), geometry.contextLength())
                .u32(key("block_count"), geometry.layers())
                .u32(key("embedding_length"), geometry.width())
                .u32(key("feed_forward_length"), geometry.ffn())
                .u32(key("attention.head_count"), geometry.heads())
                .u32(key("attention.head_count_kv"), geometry.kvHeads())
                .u32(key("attention.key_length"), geometry.headDim())
                .u32(key("attention.value_length"), geometry.headDim())
                .f32(key("attention.layer_norm_rms_epsilon"), (float) geometry.rmsEpsilon())
                .u32(key("rope.dimension_count"), geometry.ropeDimensions())
                .f32(key("rope.freq_base"), (float) geometry.ropeTheta());
        if (geometry.experts() > 0) {
            draft.u32(key("expert_count"), geometry.experts()).u32(key("expert_used_count"), geometry.expertsUsed());
        }
    }

    /** As llama.cpp's conversion writes them: the magnitude is 1 with a multiplier of 1, and the paper's with 0. */
    private void stretch(Optional<Yarn> yarn) {
        Stretch stretch = geometry.stretch();
        yarn.ifPresent(of -> draft.string(key("rope.scaling.type"), "yarn")
                .f32(key("rope.scaling.factor"), (float) of.factor())
                .u32(key("rope.scaling.original_context_length"), of.context())
                .f32(key("rope.scaling.yarn_beta_fast"), (float) of.fast())
                .f32(key("rope.scaling.yarn_beta_slow"), (float) of.slow())
                .f32(key("rope.scaling.yarn_log_multiplier"), stretch.magnitude() == 1 ? 1 : 0));
        if (yarn.isEmpty() && stretch.magnitude() != 1) {
            draft.f32(key("rope.scaling.attn_factor"), (float) stretch.magnitude());
        }
        if (stretch.queryBeta() != 0) {
            draft.f32(key("attention.temperature_scale"), (float) stretch.queryBeta());
            if (yarn.isEmpty()) {
                draft.u32(key("rope.scaling.original_context_length"), stretch.queryPositions());
            }
        }
    }

    /**
     * Whether the keys say all of a model's stretch: they have one length for YaRN and the temperature, round YaRN's
     * borders and know two magnitudes.
     */
    static boolean say(Stretch stretch, Yarn yarn) {
        boolean known = stretch.magnitude() == 1 || stretch.magnitude() == (float) Yarn.magnitude(yarn.factor(), 1);
        boolean oneLength = stretch.queryBeta() == 0 || stretch.queryPositions() == yarn.context();
        return yarn.rounded() && known && oneLength;
    }

    /** One window and, where not all layers have it, which do: the form of gguf-py's writer. */
    private void windows() {
        List<Integer> windows = geometry.groups().stream()
                .map(LayerGroup::window)
                .filter(window -> window > 0)
                .toList();
        if (windows.isEmpty()) {
            return;
        }
        if (windows.size() > 1) {
            draft.ints(key("attention.sliding_window"), perLayer());
            return;
        }
        draft.u32(key("attention.sliding_window"), windows.getFirst());
        if (geometry.groups().size() > 1) {
            List<Boolean> windowed = new ArrayList<>(Collections.nCopies(geometry.layers(), false));
            int[] perLayer = perLayer();
            for (int layer = 0; layer < perLayer.length; layer++) {
                windowed.set(layer, perLayer[layer] > 0);
            }
            draft.bools(key("attention.sliding_window_pattern"), windowed);
        }
    }

    private int[] perLayer() {
        int[] windows = new int[geometry.layers()];
        for (LayerGroup group : geometry.groups()) {
            group.layers().forEach(layer -> windows[layer] = group.window());
        }
        return windows;
    }

    private String key(String name) {
        return architecture + "." + name;
    }
}
