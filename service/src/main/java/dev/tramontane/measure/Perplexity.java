package dev.tramontane.measure;

/**
 * {@code exp} of the mean of {@code -ln p} over scored tokens, where p is the probability that the model gave a token. Sums
 * in double; mean and deviations by Welford's method (Technometrics 4, 1962), so that long texts lose nothing.
 */
public final class Perplexity {
    private long tokens;
    private double mean;
    private double squares;

    void add(double logProbability) {
        double off = -logProbability - mean;
        mean += off / ++tokens;
        squares += off * (-logProbability - mean);
    }

    /** Scored tokens. */
    public long tokens() {
        return tokens;
    }

    /** Mean of {@code -ln p}, in nats a token; 0 before the first. */
    public double meanNll() {
        return mean;
    }

    public double value() {
        return Math.exp(mean);
    }

    /** Standard error of {@link #value}, tokens taken as independent; 0 for fewer than two. */
    public double standardError() {
        return tokens < 2 ? 0 : value() * Math.sqrt(squares / (tokens - 1.0) / tokens);
    }
}
