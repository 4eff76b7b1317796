package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import java.util.Optional;

/**
 * What a GGUF file says of a stretched context in the keys of llama.cpp, and with llama.cpp's meaning (llama-context.cpp,
 * models/mistral3.cpp; the keys are written by its conversion/mistral.py): YaRN, its magnitude, and the temperature of
 * attention.
 */
final class GgufStretch {
    private static final String TYPE = "rope.scaling.type";
    private static final String CONTEXT = "rope.scaling.original_context_length";
    private static final String LOG_MULTIPLIER = "rope.scaling.yarn_log_multiplier";
    private static final String MAGNITUDE = "rope.scaling.attn_factor";
    private static final String BETA = "attention.temperature_scale";
    private static final YarnKeys YARN =
            new YarnKeys("rope.scaling.factor", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", CONTEXT);

    private GgufStretch() {}

    /** Whether frequencies are stretched by YaRN. */
    static boolean isYarn(HyperParameters keys) {
        return keys.string(TYPE, "").equals("yarn");
    }

    static Stretch of(HyperParameters keys, int contextLength, double theta, int dimensions) {
        int said = keys.count(CONTEXT, 0, TransformerShape.MAX_CONTEXT, 0);
        int context = said == 0 ? contextLength : said;
        double factor = keys.findReal(MAGNITUDE).orElse(0);
        double magnitude = factor == 0 ? 1 : YarnKeys.aboveZero(keys, MAGNITUDE, factor);
        Stretch stretch = isYarn(keys)
                ? yarn(keys, YARN.read(keys, theta, dimensions, context, true), magnitude)
                : new Stretch(Optional.empty(), magnitude, 0, 0);
        int length = keys.count("attention.temperature_length", 0, TransformerShape.MAX_CONTEXT, 0);
        double beta = keys.findReal(BETA).orElse(0);
        if (beta != 0 && length != 0 && length != context) {
            throw keys.unsupported(
                    "attention.temperature_length",
                    "the temperature of attention has a length of its own, " + length,
                    quoted(keys.spelled(CONTEXT)) + ", which is " + context);
        }
        return YarnKeys.scaled(stretch, keys, BETA, beta, context);
    }

    private static Stretch yarn(HyperParameters keys, Yarn yarn, double magnitude) {
        double multiplier = keys.findReal(LOG_MULTIPLIER).orElse(0);
        double own = Yarn.magnitude(yarn.factor(), 1);
        double whole = magnitude * (multiplier == 0 ? own : own / Yarn.magnitude(yarn.factor(), multiplier));
        YarnKeys.aboveZero(keys, LOG_MULTIPLIER, whole);
        refuseOther(keys, "rope.scaling.yarn_ext_factor", 1);
        refuseOther(keys, "rope.scaling.yarn_attn_factor", whole);
        return new Stretch(Optional.of(yarn), whole, 0, 0);
    }

    /** Of what llama.cpp reads for some architectures only: what agrees with the rest may stand there. */
    private static void refuseOther(HyperParameters keys, String key, double agreed) {
        double value = keys.findReal(key).orElse(agreed);
        if (value >= 0 && Math.abs(value - agreed) > 1e-4 * agreed) { // below 0: not set
            throw keys.unsupported(
                    key, quoted(keys.spelled(key)) + " is " + value + ", which is not computed", "" + agreed);
        }
    }
}
