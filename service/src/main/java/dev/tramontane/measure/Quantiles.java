package dev.tramontane.measure;

/**
 * Quantiles of any number of non-negative floats in 2 MiB: each is counted under its sign, exponent and upper ten bits of
 * fraction, so a quantile is at most 0.1 % below the exact one, and 0 is 0.
 */
final class Quantiles {
    private static final int DROPPED_BITS = 13;

    private final long[] counts = new long[1 << (31 - DROPPED_BITS)];
    private long total;

    void add(float value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException("quantiles are of numbers from 0 on, got " + value);
        }
        counts[Float.floatToRawIntBits(value + 0f) >>> DROPPED_BITS]++;
        total++;
    }

    /** The least number that at least this share of all is not above; 0 when there is none. */
    double at(double share) {
        long wanted = (long) Math.ceil(share * total);
        long seen = 0;
        for (int bin = 0; bin < counts.length; bin++) {
            seen += counts[bin];
            if (seen >= wanted && seen > 0) {
                return Float.intBitsToFloat(bin << DROPPED_BITS);
            }
        }
        return 0;
    }
}
