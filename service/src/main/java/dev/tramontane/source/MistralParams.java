package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.ModelGeometry.Mixture;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * A model's geometry from Mistral's own {@code params.json}, as mistral-inference reads it (args.py, transformer.py,
 * cache.py). What would change the arithmetic in a way that the kernels don't know is refused, never ignored.
 */
final class MistralParams {
    private static final TransformerShape.Keys SHAPE =
            new TransformerShape.Keys("n_layers", "dim", "n_heads", "n_kv_heads", "head_dim", "hidden_dim");

    /** Positions for which mistral-inference makes its table of rotations. */
    private static final int CONTEXT = 128_000;

    private final JsonParameters params;

    MistralParams(JsonParameters params) {
        this.params = params;
    }

    /** Whether the head is the embedding. */
    boolean tied() {
        return params.bool("tied_embeddings", false);
    }

    /** Whether there is a part for images, which is left out. */
    boolean seesImages() {
        return params.has("vision_encoder")
                || params.section("multimodal")
                        .map(multimodal -> multimodal.has("vision_encoder_args"))
                        .orElse(false);
    }

    /**
     * Reads and checks the geometry.
     *
     * @param name the model's own, for people
     * @param vocabulary rows of the embedding
     * @param window attention window of every layer, 0 for none; empty for what the file says
     */
    ModelGeometry geometry(String name, int vocabulary, OptionalInt window) {
        refuseOtherArithmetic();
        for (String key : new String[] {SHAPE.kvHeads(), SHAPE.headDim()}) {
            if (!params.has(key)) {
                throw params.missing(key, "an integer");
            }
        }
        TransformerShape shape = TransformerShape.of(params, SHAPE);
        int said = params.count("vocab_size", 1, Integer.MAX_VALUE);
        if (said != vocabulary) {
            throw params.fault("vocab_size", "the value " + said, "the " + vocabulary + " rows of the embedding");
        }
        Mixture experts = experts();
        return new ModelGeometry(
                experts.experts() > 0 ? "mixtral" : "mistral",
                name,
                shape.with(vocabulary),
                experts,
                new ModelGeometry.Positions(
                        params.count(
                                "max_position_embeddings",
                                1,
                                TransformerShape.MAX_CONTEXT,
                                params.count("max_seq_len", 1, TransformerShape.MAX_CONTEXT, CONTEXT)),
                        theta(),
                        false,
                        shape.headDim(),
                        MistralStretch.of(params, theta(), shape.headDim())),
                params.epsilon("norm_eps"),
                LayerWindows.groups(shape.layers(), window, () -> windows(shape.layers()), params, windowKey()));
    }

    /**
     * Without {@code rope_theta} the reference takes 10,000 for models with one window for all layers (7B v0.1) and
     * 1,000,000 for others; its last versions, made for files that name the base, know the latter only. 0 counts as absent.
     */
    private double theta() {
        boolean oneWindow = windowKey() != null && params.find(windowKey()).orElse("") instanceof Long;
        boolean absent = params.findReal("rope_theta").orElse(0) == 0;
        return absent ? (oneWindow ? 1e4 : 1e6) : params.positive("rope_theta", 0);
    }

    private String windowKey() {
        return params.has("sliding_window") || !params.has("_sliding_window") ? "sliding_window" : "_sliding_window";
    }

    /** One window for all layers, or a list that is repeated over them, null for layers without. */
    private int[] windows(int layers) {
        String key = windowKey();
        if (!params.isList(key)) {
            int[] windows = new int[layers];
            Arrays.fill(windows, params.count(key, 1, TransformerShape.MAX_CONTEXT, 0));
            return windows;
        }
        List<?> list = params.list(key).orElseThrow();
        if (list.isEmpty() || layers % list.size() != 0) {
            throw params.fault(key, list.size() + " values", "a number that divides the " + layers + " layers");
        }
        int[] windows = new int[layers];
        for (int layer = 0; layer < layers; layer++) {
            windows[layer] = switch (list.get(layer % list.size())) {
                case null -> 0;
                case Long window when window > 0 && window <= TransformerShape.MAX_CONTEXT -> (int) (long) window;
                case Object other ->
                    throw params.fault(
                            key,
                            "a value of " + JsonParameters.shown(other),
                            "null or values from 1 to " + TransformerShape.MAX_CONTEXT);
            };
        }
        return windows;
    }

    private Mixture experts() {
        return params.section("moe")
                .map(moe -> {
                    if (moe.findReal("num_shared_experts").orElse(0) != 0) {
                        throw moe.unsupported(
                                "num_shared_experts", "experts that every token uses are not computed", "none");
                    }
                    int experts = moe.count("num_experts", 1, ExpertCounts.MAX);
                    return ExpertCounts.of(moe, experts, "num_experts", "num_experts_per_tok");
                })
                .orElse(Mixture.NONE);
    }

    private void refuseOtherArithmetic() {
        String kind = params.string("model_type", "transformer");
        if (!kind.equals("transformer")) {
            throw params.unsupported("model_type", "the model is a " + quoted(kind), quoted("transformer"));
        }
        String activation = params.string("activation", "silu");
        if (!activation.equals("silu")) {
            throw params.unsupported(
                    "activation", "the activation " + quoted(activation) + " is not computed", quoted("silu"));
        }
        if (params.bool("use_biases", false)) {
            throw params.unsupported("use_biases", "the layers have biases, which are not computed", "none");
        }
        if (!params.bool("causal", true)) {
            throw params.unsupported("causal", "the model's attention is not causal", "a causal one");
        }
        for (String key : new String[] {"q_lora_rank", "kv_lora_rank", "qk_nope_head_dim"}) {
            if (params.has(key)) {
                throw params.unsupported(
                        key, quoted(key) + " is there: " + LatentAttention.NEEDED, LatentAttention.TAKEN);
            }
        }
        if (params.has("lora")) {
            throw params.unsupported(
                    "lora", quoted("lora") + " is there, which this version does not compute", "a model without it");
        }
    }
}
