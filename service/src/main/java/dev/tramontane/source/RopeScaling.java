package dev.tramontane.source;

import java.util.Arrays;

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
}
