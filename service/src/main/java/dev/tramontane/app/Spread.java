package dev.tramontane.app;

import java.util.Arrays;
import java.util.List;

/** The median of repeated measurements, and how far they lie apart. */
record Spread(double median, double least, double most) {

    /** @param values at least one */
    static Spread of(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return new Spread(at(sorted, 0.5), sorted[0], sorted[sorted.length - 1]);
    }

    /** The value that a share of the sorted ones does not exceed, between two in proportion. */
    static double at(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    /** Of measurements in any order. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return at(sorted, share);
    }
}
