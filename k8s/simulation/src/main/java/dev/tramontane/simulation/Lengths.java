package dev.tramontane.simulation;

/**
 * Lengths of prompts and answers of a public trace: its quantiles, between them the logarithm is even. Prompts and answers
 * are drawn apart. Counted from the traces' files on 2026-11-28.
 *
 * @param prompts tokens at {@link #AT}
 * @param answers tokens at {@link #AT}
 * @param limit {@code max_tokens} of all requests: assumed, the traces don't have it
 */
record Lengths(int[] prompts, int[] answers, int limit) {
    private static final double[] AT = {0, .01, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .99, 1};

    /** Azure LLM inference trace 2023, conversation (Patel et al., Splitwise, ISCA 2024; CC-BY): means 1,155 and 211. */
    static final Lengths CONVERSATION = new Lengths(
            new int[] {2, 29, 181, 207, 387, 403, 703, 1020, 1071, 1130, 1315, 2735, 4083, 4142, 14050},
            new int[] {7, 16, 41, 54, 77, 91, 103, 129, 177, 384, 400, 424, 451, 601, 1000},
            1024);

    /** The same, code: means 2,048 and 28. */
    static final Lengths CODE = new Lengths(
            new int[] {3, 17, 75, 147, 385, 770, 1075, 1469, 1909, 2433, 3193, 5194, 7315, 7436, 7437},
            new int[] {6, 6, 6, 7, 8, 9, 11, 13, 16, 20, 29, 55, 90, 252, 1899},
            2048);

    /** Mooncake's conversations (Qin et al., FAST 2025): means 12,035 and 343. */
    static final Lengths LONG_CONVERSATION = new Lengths(
            new int[] {891, 894, 901, 964, 1662, 3263, 4993, 6909, 9570, 13196, 17869, 27367, 39552, 85401, 126195},
            new int[] {1, 3, 10, 24, 100, 213, 291, 350, 399, 447, 504, 597, 698, 1120, 2000},
            2048);

    int prompt(double chance) {
        return at(prompts, chance);
    }

    int answer(double chance) {
        return Math.min(limit, at(answers, chance));
    }

    private static int at(int[] quantiles, double chance) {
        int upper = 1;
        while (AT[upper] < chance) {
            upper++;
        }
        double share = (chance - AT[upper - 1]) / (AT[upper] - AT[upper - 1]);
        double log = StrictMath.log(quantiles[upper - 1]) * (1 - share) + StrictMath.log(quantiles[upper]) * share;
        return (int) Math.round(StrictMath.exp(log));
    }
}
