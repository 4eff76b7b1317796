package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.ModelGeometry.Mixture;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A model's geometry from a GGUF file's metadata. The keys are those of ggml's {@code docs/gguf.md} and gguf-py's
 * {@code constants.py}; the limits are those of {@code tm_model_config} in tramontane.h. What would change the
 * arithmetic in a way that the kernels don't know is refused, never ignored.
 */
public final class GgufGeometry {
    /**
     * Architectures that are known, by their word in {@code general.architecture}. In llama.cpp, {@code mistral3} is
     * {@code llama} with a temperature of attention; its keys are read for both.
     */
    public static final List<String> ARCHITECTURES = List.of("llama", "mistral3");

    private static final TransformerShape.Keys SHAPE = new TransformerShape.Keys(
            "block_count",
            "embedding_length",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.key_length",
            "feed_forward_length");

    /** Keys that scale or cap something, with the value at which they change nothing. */
    private static final Map<String, Double> NEUTRAL = new TreeMap<>(Map.ofEntries(
            Map.entry("attention.clamp_kqv", 0.0),
            Map.entry("attention.max_alibi_bias", 0.0),
            Map.entry("attn_logit_softcapping", 0.0),
            Map.entry("final_logit_softcapping", 0.0),
            Map.entry("embedding_scale", 1.0),
            Map.entry("residual_scale", 1.0),
            Map.entry("logit_scale", 1.0),
            Map.entry("expert_weights_scale", 1.0),
            Map.entry("expert_shared_count", 0.0),
            Map.entry("expert_group_count", 0.0),
            Map.entry("leading_dense_block_count", 0.0),
            Map.entry("expert_gating_func", 1.0))); // softmax

    private GgufGeometry() {}

    /**
     * Reads and checks the geometry.
     *
     * @param window attention window of every layer, 0 for none; empty for what the file says
     * @throws ModelFileException naming the key at fault
     */
    public static ModelGeometry of(GgufFile file, OptionalInt window) {
        String architecture = file.metadata().string("general.architecture");
        if (LatentAttention.has(architecture)) {
            throw file.metadata()
                    .fault(
                            "general.architecture",
                            "the architecture " + quoted(architecture) + " is not computed: " + LatentAttention.NEEDED,
                            LatentAttention.TAKEN,
                            HyperParameters.OTHER_MODEL);
        }
        if (!ARCHITECTURES.contains(architecture)) {
            throw file.metadata()
                    .fault(
                            "general.architecture",
                            "the architecture " + quoted(architecture) + " is not known",
                            "one of " + String.join(", ", ARCHITECTURES),
                            "take a model of one of them");
        }
        HyperParameters keys = new GgufParameters(file, architecture);
        refuseOtherArithmetic(keys);
        TransformerShape shape = TransformerShape.of(keys, SHAPE);
        checkHeads(keys, shape.headDim());
        int experts = keys.count("expert_count", 0, ExpertCounts.MAX, 0);
        Mixture counts = ExpertCounts.of(keys, experts, "expert_count", "expert_used_count");
        int expertFfn = keys.count("expert_feed_forward_length", 0, TransformerShape.MAX_WIDTH, 0);
        if (expertFfn != 0 && expertFfn != shape.ffn()) {
            throw keys.unsupported(
                    "expert_feed_forward_length",
                    "experts of " + expertFfn + " beside dense layers of " + shape.ffn() + " are not computed",
                    "the same length for both");
        }
        int ropeDimensions = keys.count("rope.dimension_count", 2, TransformerShape.MAX_HEAD_DIM, shape.headDim());
        if (ropeDimensions % 2 != 0 || ropeDimensions > shape.headDim()) {
            throw keys.fault(
                    "rope.dimension_count",
                    "the value " + ropeDimensions,
                    "an even number up to the head's " + shape.headDim() + " elements");
        }
        int contextLength = keys.count("context_length", 1, TransformerShape.MAX_CONTEXT);
        double theta = keys.positive("rope.freq_base", 10_000.0);
        return new ModelGeometry(
                architecture,
                name(file),
                shape.with(vocabulary(file, keys)),
                counts,
                new ModelGeometry.Positions(
                        contextLength,
                        theta,
                        false,
                        ropeDimensions,
                        GgufStretch.of(keys, contextLength, theta, ropeDimensions)),
                keys.epsilon("attention.layer_norm_rms_epsilon"),
                LayerWindows.groups(
                        shape.layers(), window, () -> windows(keys, shape.layers()), keys, "attention.sliding_window"));
    }

    private static void refuseOtherArithmetic(HyperParameters keys) {
        if (!keys.bool("attention.causal", true)) {
            throw keys.unsupported("attention.causal", "the model's attention is not causal", "a causal one");
        }
        if (keys.bool("use_parallel_residual", false)) {
            throw keys.unsupported(
                    "use_parallel_residual", "the model's blocks run in parallel to attention", "blocks in sequence");
        }
        if (!keys.bool("expert_weights_norm", true)) {
            throw keys.unsupported(
                    "expert_weights_norm", "the chosen experts' shares are not renormalised", "renormalised ones");
        }
        NEUTRAL.forEach((key, neutral) -> {
            double value = keys.findReal(key).orElse(neutral);
            // 0 is how converters write "not there".
            if (value != neutral && value != 0.0) {
                throw keys.unsupported(
                        key, quoted(key) + " is " + value + ", which this version does not compute", "" + neutral);
            }
        });
    }

    private static void checkHeads(HyperParameters keys, int headDim) {
        int valueLength = keys.count("attention.value_length", 1, TransformerShape.MAX_WIDTH, headDim);
        if (valueLength != headDim) {
            throw keys.unsupported(
                    "attention.value_length",
                    "values of " + valueLength + " elements beside keys of " + headDim + " are not computed",
                    "the same length for both");
        }
        double scale = keys.findReal("attention.scale").orElse(0.0);
        if (scale != 0.0 && Math.abs(scale * Math.sqrt(headDim) - 1) > 1e-6) {
            throw keys.unsupported(
                    "attention.scale",
                    "attention is scaled by " + scale,
                    "1 / sqrt(" + headDim + "), the usual factor");
        }
    }

    /** The embedding's rows; every other count of tokens in the file has to be the same. */
    private static int vocabulary(GgufFile file, HyperParameters keys) {
        int rows = vocabulary(file);
        int said = keys.count("vocab_size", 1, Integer.MAX_VALUE, rows);
        if (said != rows) {
            throw keys.fault("vocab_size", "the value " + said, "the " + rows + " rows of the embedding");
        }
        return rows;
    }

    /** The embedding's rows. */
    static int vocabulary(GgufFile file) {
        GgufTensor embedding = file.tensor("token_embd.weight");
        if (embedding.rows() > TransformerShape.MAX_VOCABULARY) {
            throw ModelFileException.in(embedding.file(), "the embedding has " + embedding.rows() + " rows")
                    .at(embedding.offset())
                    .expected("at most " + TransformerShape.MAX_VOCABULARY)
                    .advice(HyperParameters.OTHER_FILE);
        }
        return (int) embedding.rows();
    }

    /**
     * The window of each layer, 0 for none. The pattern says which layers have it: a flag for each, or a number n after
     * which every n-th layer has none (llama.cpp, {@code llama_hparams::set_swa_pattern}).
     */
    private static int[] windows(HyperParameters keys, int layers) {
        if (!keys.has("attention.sliding_window")) {
            return new int[layers];
        }
        int[] windows = keys.perLayer("attention.sliding_window", 0, TransformerShape.MAX_CONTEXT, layers);
        String pattern = "attention.sliding_window_pattern";
        if (keys.isList(pattern)) {
            int[] has = keys.perLayer(pattern, 0, 1, layers);
            for (int layer = 0; layer < layers; layer++) {
                windows[layer] *= has[layer];
            }
        } else if (keys.has(pattern)) {
            int every = keys.count(pattern, 0, TransformerShape.MAX_LAYERS);
            for (int layer = 0; layer < layers; layer++) {
                if (every != 0 && layer % every == every - 1) {
                    windows[layer] = 0;
                }
            }
        }
        return windows;
    }

    private static String name(GgufFile file) {
        Path path = Path.of(file.name()).getFileName();
        String fallback = path == null ? file.name() : path.toString();
        return file.metadata()
                .findString("general.name")
                .filter(name -> !name.isBlank())
                .orElse(fallback);
    }
}
