package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.ModelGeometry.Mixture;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A model's geometry from transformers' {@code config.json}. The element type that it names is not read: each tensor
 * says its own. What would change the arithmetic in a way that the kernels don't know is refused, never ignored.
 */
final class HuggingFaceConfig {
    private static final TransformerShape.Keys SHAPE = new TransformerShape.Keys(
            "num_hidden_layers",
            "hidden_size",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "intermediate_size");

    /** Keys that scale or cap something, with the value at which they change nothing. */
    private static final Map<String, Double> NEUTRAL = new TreeMap<>(Map.of(
            "attn_logit_softcapping", 0.0,
            "final_logit_softcapping", 0.0,
            "logit_scale", 1.0,
            "logits_scaling", 1.0,
            "embedding_multiplier", 1.0,
            "residual_multiplier", 1.0,
            "attention_multiplier", 0.0));

    private final JsonParameters whole;
    private final JsonParameters text;
    private final HuggingFaceArchitecture architecture;
    private final HuggingFaceArchitecture decoder;

    /** Finds the architecture; everything else is checked when it is asked for. */
    HuggingFaceConfig(JsonParameters whole) {
        this.whole = whole;
        architecture = HuggingFaceArchitecture.of(whole);
        text = architecture == HuggingFaceArchitecture.MISTRAL3 ? textPart(whole) : whole;
        decoder = architecture == HuggingFaceArchitecture.MISTRAL3 ? decoderOf(text) : architecture;
    }

    private static JsonParameters textPart(JsonParameters whole) {
        return whole.section("text_config").orElseThrow(() -> whole.missing("text_config", "the text part's own"));
    }

    private static HuggingFaceArchitecture decoderOf(JsonParameters text) {
        String kind = text.string("model_type", "mistral");
        return switch (kind) {
            case "mistral" -> HuggingFaceArchitecture.MISTRAL;
            case "ministral3" -> HuggingFaceArchitecture.MINISTRAL3;
            default ->
                throw LatentAttention.has(kind)
                        ? text.unsupported(
                                "model_type",
                                "the text part is a " + quoted(kind) + ": " + LatentAttention.NEEDED,
                                LatentAttention.TAKEN)
                        : text.unsupported(
                                "model_type",
                                "the text part is a " + quoted(kind) + ", which is not known",
                                "mistral or ministral3");
        };
    }

    HuggingFaceArchitecture architecture() {
        return architecture;
    }

    /** The configuration of the text part: the whole where the model knows nothing else. */
    JsonParameters text() {
        return text;
    }

    /** Whether there is a part for images, which is left out. */
    boolean seesImages() {
        return architecture == HuggingFaceArchitecture.MISTRAL3;
    }

    /** Whether the head is the embedding where the weights have none of its own. */
    boolean tied() {
        boolean absent = architecture == HuggingFaceArchitecture.MISTRAL3;
        return whole.bool("tie_word_embeddings", absent) || text.bool("tie_word_embeddings", false);
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
        if (architecture != HuggingFaceArchitecture.LLAMA && !text.mentions(SHAPE.kvHeads())) {
            throw text.missing(SHAPE.kvHeads(), "an integer");
        }
        if (decoder == HuggingFaceArchitecture.MINISTRAL3 && !text.mentions(SHAPE.headDim())) {
            throw text.missing(SHAPE.headDim(), "an integer");
        }
        TransformerShape shape = TransformerShape.of(text, SHAPE);
        int said = text.count("vocab_size", 1, Integer.MAX_VALUE, vocabulary);
        if (said != vocabulary) {
            throw text.fault("vocab_size", "the value " + said, "the " + vocabulary + " rows of the embedding");
        }
        Mixture experts = experts();
        HuggingFaceRope rope = rope(shape.headDim());
        return new ModelGeometry(
                architecture.word(),
                name,
                shape.with(vocabulary),
                experts,
                new ModelGeometry.Positions(
                        text.count("max_position_embeddings", 1, TransformerShape.MAX_CONTEXT),
                        rope.theta(),
                        true,
                        shape.headDim(),
                        rope.stretch()),
                text.has("rms_norm_eps") ? text.epsilon("rms_norm_eps") : (float) decoder.epsilon(),
                LayerWindows.groups(
                        shape.layers(),
                        window,
                        () -> HuggingFaceWindows.of(text, decoder, shape.layers()),
                        text,
                        "sliding_window"));
    }

    HuggingFaceRope rope(int headDim) {
        return HuggingFaceRope.of(text, decoder, headDim);
    }

    private Mixture experts() {
        if (architecture != HuggingFaceArchitecture.MIXTRAL) {
            return Mixture.NONE;
        }
        int experts = text.count("num_local_experts", 1, ExpertCounts.MAX);
        return ExpertCounts.of(text, experts, "num_local_experts", "num_experts_per_tok");
    }

    private void refuseOtherArithmetic() {
        for (String key : new String[] {"attention_bias", "mlp_bias", "use_qk_norm", "rope_interleaved"}) {
            if (text.bool(key, false)) {
                throw text.unsupported(key, quoted(key) + " is true, which this version does not compute", "false");
            }
        }
        String activation = text.string("hidden_act", "silu");
        if (!activation.equals("silu") && !activation.equals("swish")) {
            throw text.unsupported(
                    "hidden_act", "the activation " + quoted(activation) + " is not computed", quoted("silu"));
        }
        NEUTRAL.forEach((key, neutral) -> {
            double value = text.findReal(key).orElse(neutral);
            if (value != neutral) {
                throw text.unsupported(
                        key, quoted(key) + " is " + value + ", which this version does not compute", "" + neutral);
            }
        });
    }
}
