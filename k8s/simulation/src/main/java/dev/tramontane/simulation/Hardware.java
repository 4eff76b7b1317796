package dev.tramontane.simulation;

/**
 * One server: how fast it computes, as docs/performance.md has it measured, and what it admits. Immutable.
 *
 * @param batches sequences that decode at a time, rising, for which {@code steps} knows the time
 * @param steps seconds of a step that decodes so many, their contexts left out
 * @param contextSeconds seconds that a token of context adds to a step, for each sequence
 * @param rowSeconds seconds of a token of a prompt
 * @param lanes sequences in a step at most ({@code --max-batch})
 * @param sequences sequences that hold pages at most ({@code --max-sequences})
 * @param queue requests that wait for pages at most ({@code --queue-requests})
 * @param pages of the cache
 * @param pageTokens tokens of a page
 * @param stepTokens tokens computed in a step at most ({@code --batch-tokens})
 * @param loadSeconds from a pod's place on a node until it is ready
 */
record Hardware(
        double[] batches,
        double[] steps,
        double contextSeconds,
        double rowSeconds,
        int lanes,
        int sequences,
        int queue,
        int pages,
        int pageTokens,
        int stepTokens,
        double loadSeconds) {
    /** {@code --step-time}, seconds. */
    static final double STEP_TIME = 0.1;

    /**
     * An H200 with the 7B shape in BF16 (docs/performance.md, GPU, 2026-11-26): tokens a second at a context of 512 for
     * batches of 1, 8, 32 and 64, and at 4096 for 64, from which comes what a token of context costs; prompts at 9,850
     * tokens a second. 100 GiB of cache at 128 KiB a token. Loading: 14.5 GB at 1 GB/s from a volume, and 10 s of start
     * and warm-up, both assumed.
     */
    static Hardware h200() {
        double context = (64 / 3_408.0 - 64 / 6_169.0) / (64 * (4_096 - 512));
        return new Hardware(
                new double[] {1, 8, 32, 64},
                steps(new double[] {1, 8, 32, 64}, new double[] {232, 1_759, 5_142, 6_169}, 512, context),
                context,
                1 / 9_850.0,
                64,
                256,
                256,
                25_600,
                32,
                2_048,
                25);
    }

    /**
     * Two processors with SmolLM2-135M in Q4_1 (docs/performance.md, CPU, 2026-11-23), contexts by its served rates at depths
     * of 10 and 512. 128 Ki tokens of cache; ready after 2.5 s, as measured, and as much again for the pod.
     */
    static Hardware twoProcessors() {
        double context = (1 / 156.0 - 1 / 210.0) / (512 - 10);
        double[] batches = {1, 2, 4, 8, 16};
        return new Hardware(
                batches,
                steps(batches, new double[] {275, 458, 658, 853, 994}, 0, context),
                context,
                1 / 1_271.0,
                16,
                256,
                256,
                4_096,
                32,
                256,
                5);
    }

    private static double[] steps(double[] batches, double[] tokensPerSecond, int depth, double context) {
        double[] seconds = new double[batches.length];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = batches[i] / tokensPerSecond[i] - batches[i] * depth * context;
        }
        return seconds;
    }

    /** With a cache of so many pages. */
    Hardware cache(int number) {
        return new Hardware(
                batches,
                steps,
                contextSeconds,
                rowSeconds,
                lanes,
                sequences,
                queue,
                number,
                pageTokens,
                stepTokens,
                loadSeconds);
    }

    /** Seconds of a step in which so many sequences with so many tokens of context each decode. */
    double step(double decoding, double context) {
        int upper = 1;
        while (upper < batches.length - 1 && batches[upper] < decoding) {
            upper++;
        }
        double share = (decoding - batches[upper - 1]) / (batches[upper] - batches[upper - 1]);
        double base = steps[upper - 1] + share * (steps[upper] - steps[upper - 1]);
        return base + decoding * context * contextSeconds;
    }

    /** Pages reserved for a request that may come to so many tokens. */
    int pagesOf(int tokens) {
        return Math.ceilDiv(tokens, pageTokens);
    }
}
