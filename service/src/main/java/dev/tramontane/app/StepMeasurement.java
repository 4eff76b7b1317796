package dev.tramontane.app;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * One row of {@code bench}'s table.
 *
 * @param test "prefill" or "decode"
 * @param tokens of the prompt, or of each answer
 * @param sequences at a time
 * @param depth tokens that each has before
 * @param rate tokens a second of all sequences
 * @param bandwidth share of the measured bandwidth, 0 where it is not measured against
 * @param int8 share of the measured rate of 8-bit products, 0 likewise
 */
record StepMeasurement(String test, int tokens, int sequences, int depth, Spread rate, double bandwidth, double int8) {
    private static final String COLUMNS = "%-8s %7s %6s %6s %12s %12s %12s %9s %10s %8s%n";

    static String table(List<StepMeasurement> rows) {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                COLUMNS,
                "test",
                "tokens",
                "batch",
                "depth",
                "tokens/s",
                "least",
                "most",
                "ms/step",
                "bandwidth",
                "8-bit"));
        for (StepMeasurement row : rows) {
            table.append(String.format(
                    Locale.ROOT,
                    COLUMNS,
                    row.test,
                    row.tokens,
                    row.sequences,
                    row.depth,
                    number(row.rate.median()),
                    number(row.rate.least()),
                    number(row.rate.most()),
                    row.test.equals("decode")
                            ? String.format(Locale.ROOT, "%.2f", row.sequences * 1e3 / row.rate.median())
                            : "",
                    share(row.bandwidth),
                    share(row.int8)));
        }
        return table.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.1f", value);
    }

    private static String share(double share) {
        return share == 0 ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    JsonObject json() {
        JsonObject object = new JsonObject()
                .put("test", test)
                .put("tokens", tokens)
                .put("batch", sequences)
                .put("depth", depth)
                .put("tokens_per_second", rate.median())
                .put("tokens_per_second_least", rate.least())
                .put("tokens_per_second_most", rate.most());
        if (bandwidth > 0) {
            object.put("bandwidth_share", bandwidth);
        }
        if (int8 > 0) {
            object.put("int8_share", int8);
        }
        return object;
    }
}
