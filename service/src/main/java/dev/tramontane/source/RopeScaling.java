package dev.tramontane.source;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch.Yarn;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** Divisors of RoPE's frequencies by which a model's context was stretched. */
final class RopeScaling {
    private RopeScaling() {}

    /** Position interpolation (Chen et al., arXiv 2306.15595): the same divisor for all. */
    static float[] linear(double factor, int pairs) {
        float[] factors = new float[pairs];
        Arrays.fill(factors, (float) factor);
        return factors;
    }

    /**
     * Llama 3.1's: long waves are stretched, short ones are not, and those between are in part (Meta's reference code,
     * {@code apply_scaling}; transformers, modeling_rope_utils.py).
     *
     * @param factor of the longest waves
     * @param lowFrequency waves longer than {@code context / lowFrequency} are stretched
     * @param highFrequency waves shorter than {@code context / highFrequency} are not
     * @param context positions of the training before
     */
    static float[] llama3(
            double theta, int dimensions, double factor, double lowFrequency, double highFrequency, double context) {
        float[] factors = new float[dimensions / 2];
        for (int i = 0; i < factors.length; i++) {
            double wave = 2 * Math.PI * Math.pow(theta, 2.0 * i / dimensions);
            double inPart = (context / wave - lowFrequency) / (highFrequency - lowFrequency);
            double share = Math.clamp(inPart, 0.0, 1.0);
            factors[i] = (float) (1 / ((1 - share) / factor + share));
        }
        return factors;
    }

    /**
     * YaRN's: as Llama 3's, but with shares that fall linearly with the number of the frequency (transformers,
     * {@code _compute_yarn_parameters}).
     *
     * @param theta above 1
     */
    static float[] yarn(double theta, int dimensions, Yarn yarn) {
        double low = low(theta, dimensions, yarn);
        double width = Math.max(high(theta, dimensions, yarn) - low, 1e-3);
        float[] factors = new float[dimensions / 2];
        for (int i = 0; i < factors.length; i++) {
            double share = 1 - Math.clamp((i - low) / width, 0.0, 1.0);
            factors[i] = (float) (1 / ((1 - share) / yarn.factor() + share));
        }
        return factors;
    }

    /** YaRN's of a geometry that has them. */
    static Optional<float[]> yarn(ModelGeometry geometry) {
        return geometry.stretch().yarn().map(yarn -> yarn(geometry.ropeTheta(), geometry.ropeDimensions(), yarn));
    }

    /** The last frequency that is not stretched at all. */
    static double low(double theta, int dimensions, Yarn yarn) {
        return Math.max(border(theta, dimensions, yarn, yarn.fast(), Math::floor), 0);
    }

    /** The first frequency that is stretched whole. */
    static double high(double theta, int dimensions, Yarn yarn) {
        return Math.min(border(theta, dimensions, yarn, yarn.slow(), Math::ceil), dimensions - 1);
    }

    /** The frequency that turns so often within the old context, as a number between two. */
    private static double border(double theta, int dimensions, Yarn yarn, double turns, DoubleUnaryOperator rounding) {
        double border = dimensions * Math.log(yarn.context() / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        return yarn.rounded() ? rounding.applyAsDouble(border) : border;
    }
}
