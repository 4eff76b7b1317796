package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;

/**
 * YaRN's parameters (Peng et al., arXiv 2309.00071) and the queries' scale by position, by the names that a form of files
 * has for them.
 *
 * @param factor by which long waves are stretched
 * @param fast turns above which none is
 * @param slow turns below which all are
 * @param context positions of the training before
 */
record YarnKeys(String factor, String fast, String slow, String context) {
    private static final double MOST = 1e6;

    /**
     * Reads and checks them. {@code fast} is 32 and {@code slow} 1 where they are absent or 0, as in transformers.
     *
     * @param theta base of the frequencies
     * @param trained positions of the training before
     * @param rounded whether borders are whole numbers
     */
    Yarn read(HyperParameters keys, double theta, int dimensions, int trained, boolean rounded) {
        Yarn yarn = new Yarn(
                aboveZero(keys, factor, keys.real(factor)),
                turns(keys, fast, 32),
                turns(keys, slow, 1),
                trained,
                rounded);
        if (yarn.fast() < yarn.slow()) {
            throw keys.fault(
                    fast,
                    "the value " + yarn.fast(),
                    "at least " + quoted(keys.spelled(slow)) + ", which is " + yarn.slow());
        }
        if (!(theta > 1)) {
            throw keys.unsupported(
                    factor, "YaRN stretches frequencies of the base " + theta + ", which do not fall", "one above 1");
        }
        if (RopeScaling.low(theta, dimensions, yarn) > RopeScaling.high(theta, dimensions, yarn)) {
            throw keys.fault(
                    context, "the value " + yarn.context(), "a context within which the last frequencies turn less");
        }
        return yarn;
    }

    private static double turns(HyperParameters keys, String key, double absent) {
        double turns = keys.findReal(key).orElse(absent);
        return turns == 0 ? absent : aboveZero(keys, key, turns);
    }

    static double aboveZero(HyperParameters keys, String key, double value) {
        if (!((float) value > 0) || value > MOST) {
            throw keys.fault(key, "the value " + value, "a number above 0, at most " + (long) MOST);
        }
        return value;
    }

    /**
     * A stretch whose queries grow with their position.
     *
     * @param key of {@code beta}; 0 for none
     * @param positions after each so many they do
     */
    static Stretch scaled(Stretch stretch, HyperParameters keys, String key, double beta, int positions) {
        if (!(beta >= 0) || beta > MOST) {
            throw keys.fault(key, "the value " + beta, "a number from 0 to " + (long) MOST);
        }
        return (float) beta == 0 ? stretch : new Stretch(stretch.yarn(), stretch.magnitude(), beta, positions);
    }
}
