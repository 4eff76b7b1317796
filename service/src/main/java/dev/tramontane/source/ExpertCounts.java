package dev.tramontane.source;

import dev.tramontane.model.ModelGeometry.Mixture;

/** Reads experts of a layer, and how many of them compute a token. */
final class ExpertCounts {
    /** Limit of tramontane.h. */
    static final int MAX = 256;

    private ExpertCounts() {}

    /**
     * Checks the counts.
     *
     * @param experts of a layer, 0 for a dense model
     * @param keyUsed key of the experts per token, which a model with experts must have
     */
    static Mixture of(HyperParameters says, int experts, String keyExperts, String keyUsed) {
        if (experts == 0) {
            return Mixture.NONE;
        }
        int used = says.count(keyUsed, 1, MAX);
        if (used > experts) {
            throw says.fault(
                    keyUsed, "the value " + used, "at most the " + experts + " experts of " + says.spelled(keyExperts));
        }
        return new Mixture(experts, used);
    }
}
