package dev.tramontane.model;

import java.util.Optional;

/**
 * What was done to a model for a longer context, beside divisors of its rotary frequencies. Numbers are kept in single
 * precision, as GGUF files have them, so that a model means the same in every form.
 *
 * @param yarn from which those divisors were made, if they were made so
 * @param magnitude of the rotated elements of queries and keys; 1 for none
 * @param queryBeta queries at position p are multiplied by 1 + queryBeta * ln(1 + floor(p / queryPositions)), the
 *     attention temperature of Llama 4 and Ministral 3; 0 for none
 * @param queryPositions after each so many the factor takes a step; 0 without {@code queryBeta}
 */
public record Stretch(Optional<Yarn> yarn, double magnitude, double queryBeta, int queryPositions) {
    /** Nothing. */
    public static final Stretch NONE = new Stretch(Optional.empty(), 1, 0, 0);

    public Stretch {
        magnitude = single(magnitude);
        queryBeta = single(queryBeta);
    }

    /**
     * Parameters of YaRN (Peng et al., arXiv 2309.00071).
     *
     * @param factor by which long waves are stretched
     * @param fast waves that turn more often than this within the context are not stretched
     * @param slow waves that turn less often than this are stretched whole
     * @param context positions of the training before
     * @param rounded whether the borders between are whole dimensions
     */
    public record Yarn(double factor, double fast, double slow, int context, boolean rounded) {
        public Yarn {
            factor = single(factor);
            fast = single(fast);
            slow = single(slow);
        }

        /** The paper's magnitude of a stretch (its equation 22), {@code multiplier} times its logarithm. */
        public static double magnitude(double factor, double multiplier) {
            return factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1;
        }
    }

    private static double single(double value) {
        return (float) value;
    }
}
