package dev.tramontane.simulation;

import java.util.Locale;

/**
 * A line of a table: one run.
 *
 * @param curve which runs belong together in a picture
 * @param words what is particular to this one
 */
record Row(Case place, String curve, String words, Scaling scaling, Cluster.Outcome outcome) {
    static final String HEAD =
            "| workload | scaling | GPU hours | missed | refused | changes | most |\n|---|---|---|---|---|---|---|\n";

    static Row of(Case place, String curve, String words, Scaling scaling) {
        return new Row(place, curve, words, scaling, place.with(scaling));
    }

    /** In Markdown. */
    String line() {
        return String.format(
                Locale.ROOT,
                "| %s | %s %s | %.1f | %.2f %% | %.2f %% | %d | %d |%n",
                place.workload().name(),
                curve,
                words,
                outcome.gpuHours(),
                100 * outcome.missed(),
                100 * outcome.refused(),
                outcome.changes(),
                outcome.most());
    }
}
