package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.util.Map;
import java.util.Optional;

/**
 * RoPE as a {@code config.json} describes it: {@code rope_theta} and {@code rope_scaling} in files of before
 * transformers 5, {@code rope_parameters} since. Where both stand, {@code rope_scaling} counts, as in transformers
 * (modeling_rope_utils.py).
 *
 * @param theta base
 * @param factors divisors of the frequencies; empty for none
 */
record HuggingFaceRope(double theta, float[] factors) {
    private static final double MAX_FACTOR = 1e6;

    /**
     * @param absent base where the file names none
     * @param headDim rotated elements of a head: all of them
     */
    static HuggingFaceRope of(JsonParameters config, double absent, int headDim) {
        Optional<JsonParameters> scaling = config.section("rope_scaling").filter(HuggingFaceRope::saysSomething);
        JsonParameters parameters = scaling.or(() -> config.section("rope_parameters"))
                .map(HuggingFaceRope::ofAllLayers)
                .orElse(new JsonParameters(config.file(), "rope_parameters", Map.of()));
        double theta = parameters.has("rope_theta")
                ? parameters.positive("rope_theta", absent)
                : config.positive("rope_theta", absent);
        refusePartial(config);
        refusePartial(parameters);
        if (parameters.has("llama_4_scaling_beta")) {
            throw parameters.unsupported(
                    "llama_4_scaling_beta",
                    "queries are scaled by position (" + quoted(parameters.spelled("llama_4_scaling_beta"))
                            + "), which this version does not compute",
                    "no such scaling");
        }
        String type = parameters.string("rope_type", parameters.string("type", "default"));
        float[] factors = switch (type) {
            case "default" -> new float[0];
            case "linear" -> RopeScaling.linear(factor(parameters), headDim / 2);
            case "llama3" -> llama3(config, parameters, theta, headDim);
            default ->
                throw parameters.unsupported(
                        "rope_type",
                        "the rope scaling " + quoted(type) + " is not computed",
                        "default, linear or llama3");
        };
        return new HuggingFaceRope(theta, factors);
    }

    private static boolean saysSomething(JsonParameters section) {
        return !section.entries().isEmpty();
    }

    /** Parameters may stand for each kind of layers; the kernels rotate all layers alike. */
    private static JsonParameters ofAllLayers(JsonParameters parameters) {
        JsonParameters first = null;
        for (String kind : parameters.entries().keySet()) {
            if (!kind.endsWith("_attention") || !parameters.has(kind)) {
                continue;
            }
            JsonParameters section = parameters.section(kind).orElseThrow();
            if (first != null && !first.entries().equals(section.entries())) {
                throw parameters.unsupported(
                        kind, "layers differ in " + quoted(section.spelled("")), "the same rotation in every layer");
            }
            first = section;
        }
        return first == null ? parameters : first;
    }

    private static void refusePartial(JsonParameters section) {
        double rotated = section.findReal("partial_rotary_factor").orElse(1);
        if (rotated != 1) {
            throw section.unsupported(
                    "partial_rotary_factor",
                    quoted(section.spelled("partial_rotary_factor")) + " is " + rotated
                            + ", which this version does not compute for this architecture",
                    "1.0");
        }
    }

    private static double factor(JsonParameters parameters) {
        double factor = parameters.real("factor");
        if (!((float) factor > 0) || factor > MAX_FACTOR) {
            throw parameters.fault("factor", "the value " + factor, "a number above 0, at most " + (long) MAX_FACTOR);
        }
        return factor;
    }

    private static float[] llama3(JsonParameters config, JsonParameters parameters, double theta, int headDim) {
        double low = parameters.real("low_freq_factor");
        double high = parameters.real("high_freq_factor");
        if (!(low > 0) || !(high > low) || Double.isInfinite(high)) {
            throw parameters.fault("high_freq_factor", "the value " + high, "a number above low_freq_factor, " + low);
        }
        String context = "original_max_position_embeddings";
        JsonParameters says = config.has(context) ? config : parameters.has(context) ? parameters : config;
        int trained =
                says.count(says.has(context) ? context : "max_position_embeddings", 1, TransformerShape.MAX_CONTEXT);
        return RopeScaling.llama3(theta, headDim, factor(parameters), low, high, trained);
    }
}
