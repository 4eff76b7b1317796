package dev.tramontane.top;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What has happened between two readings; from the server's start where there is one only.
 *
 * @param before null for the server's start
 * @param seconds between them; NaN where that is not known
 */
record Course(@Nullable Metrics before, Metrics now, double seconds) {

    /** How much a counter has grown. One that has begun anew, because the server has, counts from there. */
    double growth(Metrics.Key key) {
        double since = before == null ? 0 : before.sum(key);
        double grown = now.sum(key);
        return grown >= since ? grown - since : grown;
    }

    double growth(String name) {
        return growth(new Metrics.Key(name));
    }

    /** A second; NaN where the time is not known. */
    double rate(Metrics.Key key) {
        return growth(key) / seconds;
    }

    double rate(String name) {
        return rate(new Metrics.Key(name));
    }

    /** The mean of a histogram's values; NaN without any. */
    double mean(String histogram) {
        return growth(histogram + "_sum") / growth(histogram + "_count");
    }

    /** A bucket of a histogram: values up to its bound, and how many came, those of lower ones among them. */
    private record Bucket(double most, double count) {}

    /**
     * A quantile of what a histogram has counted, between a bucket's bounds as if its values lay evenly; NaN without any. The last bound where it
     * lies beyond.
     */
    double quantile(String histogram, double share) {
        Map<Double, Double> counts = new TreeMap<>();
        String name = histogram + "_bucket";
        for (Metrics.Series each : now.of(new Metrics.Key(name))) {
            String bound = each.label("le");
            counts.put(bound(bound), growth(Metrics.Key.with(name, "le", bound)));
        }
        List<Bucket> buckets = new ArrayList<>();
        counts.forEach((most, count) -> buckets.add(new Bucket(most, count)));
        buckets.sort(Comparator.comparingDouble(Bucket::most));
        double wanted = buckets.isEmpty() ? 0 : buckets.getLast().count() * share;
        double least = 0;
        double below = 0;
        for (Bucket each : buckets) {
            if (each.count() >= wanted && each.count() > below) {
                return Double.isInfinite(each.most())
                        ? least
                        : least + (each.most() - least) * (wanted - below) / (each.count() - below);
            }
            least = each.most();
            below = each.count();
        }
        return Double.NaN;
    }

    private static double bound(String text) {
        try {
            return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
        } catch (NumberFormatException none) {
            return Double.POSITIVE_INFINITY;
        }
    }
}
