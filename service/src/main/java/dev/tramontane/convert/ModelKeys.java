package dev.tramontane.convert;

import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.GgufDraft;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A model's hyperparameters in the keys of GGUF's llama architecture (ggml's {@code docs/gguf.md}). */
final class ModelKeys {
    private static final String ARCHITECTURE = "llama";

    /** Version of the block layouts that ggml has had since 2023. */
    private static final int QUANTIZATION_VERSION = 2;

    private ModelKeys() {}

    static void write(ModelGeometry geometry, OutputType type, GgufDraft draft) {
        draft.string("general.architecture", ARCHITECTURE)
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
        windows(geometry, draft);
    }

    /** One window and, where not all layers have it, which do: the form of gguf-py's writer. */
    private static void windows(ModelGeometry geometry, GgufDraft draft) {
        List<Integer> windows = geometry.groups().stream()
                .map(LayerGroup::window)
                .filter(window -> window > 0)
                .toList();
        if (windows.isEmpty()) {
            return;
        }
        if (windows.size() > 1) {
            draft.ints(key("attention.sliding_window"), perLayer(geometry));
            return;
        }
        draft.u32(key("attention.sliding_window"), windows.getFirst());
        if (geometry.groups().size() > 1) {
            List<Boolean> windowed = new ArrayList<>(Collections.nCopies(geometry.layers(), false));
            int[] perLayer = perLayer(geometry);
            for (int layer = 0; layer < perLayer.length; layer++) {
                windowed.set(layer, perLayer[layer] > 0);
            }
            draft.bools(key("attention.sliding_window_pattern"), windowed);
        }
    }

    private static int[] perLayer(ModelGeometry geometry) {
        int[] windows = new int[geometry.layers()];
        for (LayerGroup group : geometry.groups()) {
            group.layers().forEach(layer -> windows[layer] = group.window());
        }
        return windows;
    }

    private static String key(String name) {
        return ARCHITECTURE + "." + name;
    }
}
