package dev.tramontane.app;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/**
 * The same load by one way in.
 *
 * @param way "engine", "HTTP" or "against"
 * @param rate tokens of answers a second, prompts' time included, of all streams
 * @param first median milliseconds from a request to its first event
 * @param gap median milliseconds between two events of a stream
 * @param longGap the 99th percentile
 */
record ServiceMeasurement(String way, Spread rate, double first, double gap, double longGap) {
    private static final String COLUMNS = "%-8s %12s %12s %12s %14s %14s %14s%n";
    private static final double LONG = 0.99;

    /** @param runs at least one */
    static ServiceMeasurement of(String way, List<StreamLoad.Run> runs) {
        double[] gaps = all(runs, StreamLoad.Run::gaps);
        double[] firsts = all(runs, StreamLoad.Run::firsts);
        return new ServiceMeasurement(
                way,
                Spread.of(runs.stream().map(StreamLoad.Run::rate).toList()),
                firsts.length == 0 ? 0 : Spread.quantile(firsts, 0.5),
                gaps.length == 0 ? 0 : Spread.quantile(gaps, 0.5),
                gaps.length == 0 ? 0 : Spread.quantile(gaps, LONG));
    }

    private static double[] all(List<StreamLoad.Run> runs, Function<StreamLoad.Run, double[]> part) {
        return runs.stream()
                .flatMapToDouble(run -> DoubleStream.of(part.apply(run)))
                .toArray();
    }

    static String table(List<ServiceMeasurement> rows) {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, COLUMNS, "way", "tokens/s", "least", "most", "first, median", "gap, median", "gap, 99 %"));
        for (ServiceMeasurement row : rows) {
            table.append(String.format(
                    Locale.ROOT,
                    COLUMNS,
                    row.way,
                    String.format(Locale.ROOT, "%,.1f", row.rate.median()),
                    String.format(Locale.ROOT, "%,.1f", row.rate.least()),
                    String.format(Locale.ROOT, "%,.1f", row.rate.most()),
                    String.format(Locale.ROOT, "%.2f ms", row.first),
                    String.format(Locale.ROOT, "%.2f ms", row.gap),
                    String.format(Locale.ROOT, "%.2f ms", row.longGap)));
        }
        return table.toString();
    }

    JsonObject json() {
        return new JsonObject()
                .put("way", way)
                .put("tokens_per_second", rate.median())
                .put("tokens_per_second_least", rate.least())
                .put("tokens_per_second_most", rate.most())
                .put("first_token_ms_median", first)
                .put("gap_ms_median", gap)
                .put("gap_ms_p99", longGap);
    }
}
