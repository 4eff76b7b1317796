package dev.tramontane.source;

/**
 * Experts of a layer, and how many of them compute a token; both 0 for a dense model.
 */
record ExpertCounts(int experts, int used) {
    /** Limit of tramontane.h. */
    static final int MAX = 256;

    /**
     * Checks the counts.
     *
     * @param experts of a layer, 0 for a dense model
     * @param keyUsed key of the experts per token, which a model with experts must have
     */
    static ExpertCounts of(HyperParameters says, int experts, String keyExperts, String keyUsed) {
        if (experts == 0) {
            return new ExpertCounts(0, 0);
        }
        int used = says.count(keyUsed, 1, MAX);
        if (used > experts) {
            throw says.fault(
                    keyUsed, "the value " + used, "at most the " + experts + " experts of " + says.spelled(keyExperts));
        }
        return new ExpertCounts(experts, used);
    }
}
