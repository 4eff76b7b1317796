package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * RoPE as a {@code config.json} describes it: {@code rope_theta} and {@code rope_scaling} in files of before
 * transformers 5, {@code rope_parameters} since. Where both stand, {@code rope_scaling} counts, as in transformers
 * (modeling_rope_utils.py).
 *
 * @param theta base
 * @param factors divisors of the frequencies; empty for none
 * @param stretch what else was done for a longer context
 */
record HuggingFaceRope(double theta, float[] factors, Stretch stretch) {
    private static final String CONTEXT = "original_max_position_embeddings";
    private static final String BETA = "llama_4_scaling_beta";
    private static final YarnKeys YARN = new YarnKeys("factor", "beta_fast", "beta_slow", CONTEXT);

    /** What Ministral3Config takes where the file has neither form (transformers, configuration_ministral3.py). */
    private static final Map<String, @Nullable Object> MINISTRAL3 = Map.of(
            "rope_type",
            "yarn",
            "rope_theta",
            1e6,
            "factor",
            16.0,
            CONTEXT,
            16_384L,
            "mscale",
            1.0,
            "mscale_all_dim",
            1.0,
            BETA,
            0.1);

    /**
     * @param headDim rotated elements of a head: all of them
     */
    static HuggingFaceRope of(JsonParameters config, HuggingFaceArchitecture architecture, int headDim) {
        boolean ministral3 = architecture == HuggingFaceArchitecture.MINISTRAL3;
        double absent = architecture.theta();
        Optional<JsonParameters> scaling = config.section("rope_scaling").filter(HuggingFaceRope::saysSomething);
        JsonParameters parameters = scaling.or(() -> config.section("rope_parameters"))
                .map(HuggingFaceRope::ofAllLayers)
                .orElse(new JsonParameters(config.file(), "rope_parameters", ministral3 ? MINISTRAL3 : Map.of()));
        double theta = parameters.has("rope_theta")
                ? parameters.positive("rope_theta", absent)
                : config.positive("rope_theta", absent);
        refusePartial(config);
        refusePartial(parameters);
        if (parameters.has(BETA) && !ministral3) {
            throw parameters.unsupported(
                    BETA,
                    "queries are scaled by position (" + quoted(parameters.spelled(BETA))
                            + "), which is computed of Ministral 3 only",
                    "no such scaling");
        }
        String type = parameters.string("rope_type", parameters.string("type", "default"));
        Stretch stretch = Stretch.NONE;
        float[] factors = switch (type) {
            case "default" -> new float[0];
            case "linear" -> RopeScaling.linear(factor(parameters), headDim / 2);
            case "llama3" -> llama3(config, parameters, theta, headDim);
            case "yarn" -> {
                stretch = yarn(config, parameters, theta, headDim);
                yield RopeScaling.yarn(theta, headDim, stretch.yarn().orElseThrow());
            }
            default ->
                throw parameters.unsupported(
                        "rope_type",
                        "the rope scaling " + quoted(type) + " is not computed",
                        "default, linear, llama3 or yarn");
        };
        return new HuggingFaceRope(theta, factors, scaled(stretch, parameters));
    }

    private static Stretch yarn(JsonParameters config, JsonParameters parameters, double theta, int headDim) {
        Yarn yarn =
                YARN.read(parameters, theta, headDim, context(config, parameters), parameters.bool("truncate", true));
        double multiplier = parameters.findReal("mscale").orElse(0);
        double ofAll = parameters.findReal("mscale_all_dim").orElse(0);
        double magnitude = parameters
                .findReal("attention_factor")
                .orElseGet(() -> multiplier != 0 && ofAll != 0
                        ? Yarn.magnitude(yarn.factor(), multiplier) / Yarn.magnitude(yarn.factor(), ofAll)
                        : Yarn.magnitude(yarn.factor(), 1));
        String key = parameters.has("attention_factor") ? "attention_factor" : "mscale";
        return new Stretch(Optional.of(yarn), YarnKeys.aboveZero(parameters, key, magnitude), 0, 0);
    }

    private static Stretch scaled(Stretch stretch, JsonParameters parameters) {
        if (!parameters.has(BETA)) {
            return stretch;
        }
        int positions = parameters.count(CONTEXT, 1, TransformerShape.MAX_CONTEXT);
        return YarnKeys.scaled(stretch, parameters, BETA, parameters.real(BETA), positions);
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
        return YarnKeys.aboveZero(parameters, "factor", parameters.real("factor"));
    }

    private static float[] llama3(JsonParameters config, JsonParameters parameters, double theta, int headDim) {
        double low = parameters.real("low_freq_factor");
        double high = parameters.real("high_freq_factor");
        if (!(low > 0) || !(high > low) || Double.isInfinite(high)) {
            throw parameters.fault("high_freq_factor", "the value " + high, "a number above low_freq_factor, " + low);
        }
        return RopeScaling.llama3(theta, headDim, factor(parameters), low, high, context(config, parameters));
    }

    /** Positions of the training before. */
    private static int context(JsonParameters config, JsonParameters parameters) {
        JsonParameters says = config.has(CONTEXT) ? config : parameters.has(CONTEXT) ? parameters : config;
        return says.count(says.has(CONTEXT) ? CONTEXT : "max_position_embeddings", 1, TransformerShape.MAX_CONTEXT);
    }
}
