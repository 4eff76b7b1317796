package dev.tramontane.model;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A model's geometry from a GGUF file's metadata. The keys are those of ggml's {@code docs/gguf.md}; the limits are
 * those of {@code tm_model_config} in tramontane.h. What would change the arithmetic in a way that the kernels don't
 * know is refused, never ignored.
 */
public final class GgufGeometry {
    /** Architectures that are known, by their word in {@code general.architecture}. */
    public static final List<String> ARCHITECTURES = List.of("llama");

    private static final int MAX_LAYERS = 1024;
    private static final int MAX_WIDTH = 262_144;
    private static final int MAX_HEAD_DIM = 512;
    private static final int MAX_CONTEXT = 1 << 30;

    /** Keys that scale or cap something, with the value at which they change nothing. */
    private static final Map<String, Double> NEUTRAL = new TreeMap<>(Map.of(
            "attention.clamp_kqv", 0.0,
            "attention.max_alibi_bias", 0.0,
            "attn_logit_softcapping", 0.0,
            "final_logit_softcapping", 0.0,
            "attention.temperature_scale", 0.0,
            "embedding_scale", 1.0,
            "residual_scale", 1.0,
            "logit_scale", 1.0,
            "rope.scaling.attn_factor", 1.0));

    private GgufGeometry() {}

    /**
     * Reads and checks the geometry.
     *
     * @param window attention window of every layer, 0 for none; empty for what the file says
     * @throws ModelFileException naming the key at fault
     */
    public static ModelGeometry of(GgufFile file, OptionalInt window) {
        String architecture = file.metadata().string("general.architecture");
        if (!ARCHITECTURES.contains(architecture)) {
            throw file.metadata()
                    .fault(
                            "general.architecture",
                            "the architecture " + quoted(architecture) + " is not known",
                            "one of " + String.join(", ", ARCHITECTURES),
                            "take a model of one of them");
        }
        HyperParameters keys = new HyperParameters(file, architecture);
        refuseOtherArithmetic(keys);
        int layers = keys.count("block_count", 1, MAX_LAYERS);
        int width = multipleOfEight(keys, "embedding_length", keys.count("embedding_length", 8, MAX_WIDTH));
        int heads = keys.countOfLayers("attention.head_count", 1, MAX_WIDTH, layers);
        int kvHeads = keys.has("attention.head_count_kv")
                ? keys.countOfLayers("attention.head_count_kv", 1, MAX_WIDTH, layers)
                : heads;
        if (heads % kvHeads != 0) {
            throw keys.fault(
                    "attention.head_count_kv", "the value " + kvHeads, "a divisor of the " + heads + " query heads");
        }
        int headDim = headDim(keys, width, heads);
        int ffn = multipleOfEight(
                keys, "feed_forward_length", keys.countOfLayers("feed_forward_length", 8, MAX_WIDTH, layers));
        int ropeDimensions = keys.count("rope.dimension_count", 2, MAX_HEAD_DIM, headDim);
        if (ropeDimensions % 2 != 0 || ropeDimensions > headDim) {
            throw keys.fault(
                    "rope.dimension_count",
                    "the value " + ropeDimensions,
                    "an even number up to the head's " + headDim + " elements");
        }
        double theta = keys.findReal("rope.freq_base").orElse(10_000.0);
        if (theta <= 0) {
            throw keys.fault("rope.freq_base", "the value " + theta, "a number above 0");
        }
        double epsilon = keys.real("attention.layer_norm_rms_epsilon");
        if (epsilon <= 0 || epsilon > 1) {
            throw keys.fault("attention.layer_norm_rms_epsilon", "the value " + epsilon, "a number above 0, at most 1");
        }
        return new ModelGeometry(
                architecture,
                name(file),
                layers,
                width,
                heads,
                kvHeads,
                headDim,
                ffn,
                vocabulary(file, keys),
                0,
                0,
                keys.count("context_length", 1, MAX_CONTEXT),
                theta,
                false,
                ropeDimensions,
                epsilon,
                groups(keys, layers, window));
    }

    private static void refuseOtherArithmetic(HyperParameters keys) {
        int experts = keys.count("expert_count", 0, Integer.MAX_VALUE, 0);
        if (experts > 0) {
            throw keys.unsupported(
                    "expert_count",
                    "the model is a mixture of " + experts + " experts, which this version does not compute",
                    "a dense model");
        }
        if (!keys.bool("attention.causal", true)) {
            throw keys.unsupported("attention.causal", "the model's attention is not causal", "a causal one");
        }
        if (keys.bool("use_parallel_residual", false)) {
            throw keys.unsupported(
                    "use_parallel_residual", "the model's blocks run in parallel to attention", "blocks in sequence");
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

    private static int headDim(HyperParameters keys, int width, int heads) {
        if (!keys.has("attention.key_length") && width % heads != 0) {
            throw keys.fault(
                    "attention.head_count", "the value " + heads, "a divisor of the embedding length " + width);
        }
        int headDim = keys.count("attention.key_length", 2, MAX_HEAD_DIM, width / heads);
        if (headDim < 2 || headDim > MAX_HEAD_DIM || headDim % 2 != 0) {
            throw keys.fault(
                    keys.has("attention.key_length") ? "attention.key_length" : "attention.head_count",
                    "heads of " + headDim + " elements as a consequence",
                    "an even number up to " + MAX_HEAD_DIM);
        }
        if ((long) heads * headDim > MAX_WIDTH) {
            throw keys.fault(
                    "attention.head_count",
                    heads + " heads of " + headDim + " elements",
                    "at most " + MAX_WIDTH + " elements together");
        }
        int valueLength = keys.count("attention.value_length", 1, MAX_WIDTH, headDim);
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
        return headDim;
    }

    private static int multipleOfEight(HyperParameters keys, String key, int value) {
        if (value % 8 != 0) {
            throw keys.fault(key, "the value " + value, "a multiple of 8");
        }
        return value;
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
        if (embedding.rows() > 1 << 22) {
            throw new ModelFileException(
                    file.name(),
                    embedding.offset(),
                    "the embedding has " + embedding.rows() + " rows",
                    "at most " + (1 << 22),
                    HyperParameters.OTHER_FILE);
        }
        return (int) embedding.rows();
    }

    private static List<LayerGroup> groups(HyperParameters keys, int layers, OptionalInt window) {
        int[] windows = new int[layers];
        if (window.isPresent()) {
            Arrays.fill(windows, window.getAsInt());
        } else if (keys.has("attention.sliding_window")) {
            windows = keys.perLayer("attention.sliding_window", 0, MAX_CONTEXT, layers);
            if (keys.has("attention.sliding_window_pattern")) {
                throw keys.unsupported(
                        "attention.sliding_window_pattern",
                        "a window in some layers only is given by a pattern, which this version does not read",
                        "one window for all layers (--window N or --window none says which)");
            }
        }
        Map<Integer, List<Integer>> layersByWindow = new TreeMap<>();
        for (int layer = 0; layer < layers; layer++) {
            layersByWindow
                    .computeIfAbsent(windows[layer], w -> new ArrayList<>())
                    .add(layer);
        }
        if (layersByWindow.size() > 8) {
            throw keys.unsupported(
                    "attention.sliding_window",
                    "the layers have " + layersByWindow.size() + " different windows",
                    "at most 8");
        }
        return layersByWindow.entrySet().stream()
                .map(group -> new LayerGroup(group.getKey(), group.getValue()))
                .toList();
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
