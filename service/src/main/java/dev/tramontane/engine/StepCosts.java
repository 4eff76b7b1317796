package dev.tramontane.engine;

/**
 * What another row costs a step that only decodes: a line through the measured steps, by least squares with averages that forget. Engine
 * thread only.
 */
final class StepCosts {
    private static final double WEIGHT = 0.05;

    /** Variance of the rows, in rows squared, below which steps are too alike to tell. */
    private static final double TELLING = 0.25;

    /** Of an average row, what another one is taken to cost before that is known. */
    private static final double UNKNOWN = 0.25;

    private double rows;
    private double nanos;
    private double squares;
    private double products;

    /** A step of so many rows, none of them of a prompt. */
    void step(int stepRows, long stepNanos) {
        double weight = rows == 0 ? 1 : WEIGHT;
        rows += weight * (stepRows - rows);
        nanos += weight * (stepNanos - nanos);
        squares += weight * ((double) stepRows * stepRows - squares);
        products += weight * ((double) stepRows * stepNanos - products);
    }

    private double rowNanos() {
        double each = nanos / rows;
        double variance = squares - rows * rows;
        if (variance < TELLING) {
            return UNKNOWN * each;
        }
        // Noise may tilt the line: a row costs no more than all of a step does for each, and not nothing.
        return Math.clamp((products - rows * nanos) / variance, each / 64, each);
    }

    /**
     * Whether a step yields more in its time with another row.
     *
     * @param probability that the row is of use
     * @param useful rows of the step that are expected to be
     * @param planned rows of the step
     * @param guessNanos what guessing it takes
     */
    boolean pays(double probability, double useful, int planned, double guessNanos) {
        if (nanos == 0) {
            return true;
        }
        double row = rowNanos();
        double base = Math.max(0, nanos - row * rows);
        return probability * (base + row * planned) > (row + guessNanos) * useful;
    }
}
