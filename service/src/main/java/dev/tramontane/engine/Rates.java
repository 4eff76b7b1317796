package dev.tramontane.engine;

/** Measured speeds as exponential averages. Engine thread only. */
final class Rates {
    private static final double WEIGHT = 0.1;

    /** Rows by which steps with and without a prompt's chunk must differ to tell a step's base from its rows. */
    private static final double TELLING_ROWS = 4;

    private final Steps chunks = new Steps();
    private final Steps decodes = new Steps();
    private double nanosPerPromptToken;
    private double nanosPerGeneratedToken;
    private double generatedPerSequence;
    private double computedShare = 1;

    /** Steps of one kind. */
    private static final class Steps {
        double rows;
        double nanos;

        void add(int newRows, long newNanos) {
            rows = average(rows, newRows);
            nanos = average(nanos, (double) newNanos);
        }
    }

    /** A step of {@code rows} rows in {@code sequences} sequences; more rows than sequences means that it held a chunk. */
    void step(int rows, int sequences, long nanos) {
        step(rows, sequences, 0, 0, nanos);
    }

    /**
     * The same with guesses among the rows.
     *
     * @param wrong of them
     */
    void step(int rows, int sequences, int guesses, int wrong, long nanos) {
        double each = (double) nanos / (rows - wrong);
        if (rows > sequences + guesses) {
            nanosPerPromptToken = average(nanosPerPromptToken, each);
            chunks.add(rows, nanos);
        } else {
            nanosPerGeneratedToken = average(nanosPerGeneratedToken, each);
            decodes.add(rows, nanos);
        }
    }

    /** A sequence that ran to its end. */
    void finished(int generated) {
        generatedPerSequence = average(generatedPerSequence, generated);
    }

    /** A prompt of which so many tokens were computed already. */
    void prompted(int tokens, int cached) {
        computedShare += WEIGHT * ((double) (tokens - cached) / tokens - computedShare);
    }

    /** Of a prompt's tokens, those that are expected to have to be computed, 0..1. */
    double computedShare() {
        return computedShare;
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

    /**
     * What a step may hold to take that long: by the line through the average step with a chunk and the average step
     * without. Where there is but one of them, or the two are too alike to tell, steps are taken to have no base: then rows
     * seem slower than they are, and the next step is rather too short.
     */
    RowBudget budget(long stepNanos) {
        if (chunks.rows == 0) {
            return new RowBudget(stepNanos, 0, decodes.rows == 0 ? 0 : decodes.nanos / decodes.rows);
        }
        double whole = chunks.nanos / chunks.rows;
        double rowNanos = whole;
        if (decodes.rows > 0 && chunks.rows - decodes.rows >= TELLING_ROWS) {
            rowNanos = (chunks.nanos - decodes.nanos) / (chunks.rows - decodes.rows);
        }
        // Noise may tilt the line: a row costs no more than all of a step does for each, and not nothing.
        rowNanos = Math.clamp(rowNanos, whole / 4, whole);
        return new RowBudget(stepNanos, chunks.nanos - rowNanos * chunks.rows, rowNanos);
    }

    private static double average(double before, double now) {
        return before == 0 ? now : before + WEIGHT * (now - before);
    }
}
