package dev.tramontane.measure;

import java.util.stream.IntStream;

/**
 * How far a model's distributions are from a reference's: the Kullback-Leibler divergence {@code KL(reference || model)} of
 * each scored token, the sum over the whole vocabulary of {@code P (ln P - ln Q)}, in nats, and whether both have the same
 * likeliest token (the lower id on ties). In double from float32 logits.
 */
public final class Divergence {
    private final Quantiles quantiles = new Quantiles();
    private long tokens;
    private double sum;
    private double largest;
    private long sameTop;

    /**
     * Adds rows of logits.
     *
     * @param reference [rows, vocabulary]
     * @param model [rows, vocabulary]
     */
    void add(float[] reference, float[] model, int rows, int vocabulary) {
        double[] divergences = new double[rows];
        boolean[] same = new boolean[rows];
        IntStream.range(0, rows).parallel().forEach(row -> {
            divergences[row] = divergence(reference, model, row * vocabulary, vocabulary);
            same[row] = top(reference, row * vocabulary, vocabulary) == top(model, row * vocabulary, vocabulary);
        });
        for (int row = 0; row < rows; row++) {
            tokens++;
            sum += divergences[row];
            largest = Math.max(largest, divergences[row]);
            quantiles.add((float) divergences[row]);
            sameTop += same[row] ? 1 : 0;
        }
    }

    /** Of one row. Rounding may leave a little less than the 0 that it can be at least. */
    private static double divergence(float[] reference, float[] model, int at, int vocabulary) {
        double topP = Double.NEGATIVE_INFINITY;
        double topQ = Double.NEGATIVE_INFINITY;
        for (int i = at; i < at + vocabulary; i++) {
            topP = Math.max(topP, reference[i]);
            topQ = Math.max(topQ, model[i]);
        }
        double sumP = 0;
        double sumQ = 0;
        double weighted = 0;
        for (int i = at; i < at + vocabulary; i++) {
            double p = reference[i] - topP;
            double q = model[i] - topQ;
            double share = Math.exp(p);
            sumP += share;
            sumQ += Math.exp(q);
            weighted += share * (p - q);
        }
        return Math.max(0, weighted / sumP + Math.log(sumQ) - Math.log(sumP));
    }

    private static int top(float[] logits, int at, int vocabulary) {
        int best = 0;
        for (int i = 1; i < vocabulary; i++) {
            if (logits[at + i] > logits[at + best]) {
                best = i;
            }
        }
        return best;
    }

    /** Compared tokens. */
    public long tokens() {
        return tokens;
    }

    /** Mean divergence in nats; 0 before the first token. */
    public double mean() {
        return tokens == 0 ? 0 : sum / tokens;
    }

    /** The least divergence that at least {@code share} of the tokens do not exceed, to 0.1 %. */
    public double quantile(double share) {
        return quantiles.at(share);
    }

    public double largest() {
        return largest;
    }

    /** Share of tokens at which both have the same likeliest token, 0 to 1. */
    public double sameTop() {
        return tokens == 0 ? 0 : (double) sameTop / tokens;
    }
}
