package dev.tramontane.engine;

/** Measured speeds as exponential averages. Engine thread only. */
final class Rates {
    private static final double WEIGHT = 0.1;

    private double nanosPerPromptToken;
    private double nanosPerGeneratedToken;
    private double generatedPerSequence;

    /** A step of {@code rows} rows in {@code sequences} sequences; more rows than sequences means that it held a chunk. */
    void step(int rows, int sequences, long nanos) {
        double each = (double) nanos / rows;
        if (rows > sequences) {
            nanosPerPromptToken = average(nanosPerPromptToken, each);
        } else {
            nanosPerGeneratedToken = average(nanosPerGeneratedToken, each);
        }
    }

    /** A sequence that ran to its end. */
    void finished(int generated) {
        generatedPerSequence = average(generatedPerSequence, generated);
    }

    double nanosPerPromptToken() {
        return nanosPerPromptToken;
    }

    double nanosPerGeneratedToken() {
        return nanosPerGeneratedToken;
    }

    /** Tokens that a sequence is expected to generate. */
    double generatedPerSequence() {
        return generatedPerSequence;
    }

    private static double average(double before, double now) {
        return before == 0 ? now : before + WEIGHT * (now - before);
    }
}
