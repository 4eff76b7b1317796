package dev.tramontane.loadtest.report;

import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.run.Verification;
import java.util.Map;

/**
 * What is reported of a run.
 *
 * @param title for people
 * @param began wall-clock time, ISO 8601
 * @param plan what was asked for, by the options' names; nothing secret
 * @param closed whether users waited for their answers
 * @param summary the figures
 * @param mostWaiting requests that waited in the client for a stream at a moment
 * @param verification of contents
 */
public record Result(
        String title,
        String began,
        Map<String, String> plan,
        boolean closed,
        Summary summary,
        long mostWaiting,
        Verification verification) {

    /** How times were kept from leaving out what nobody was there to see. */
    public String correction() {
        return closed
                ? "Users waited for their answers, so that a server that stands still was asked less. Times from a"
                        + " request's start are given as measured, and corrected as if each user had gone on asking at his"
                        + " median pace (HdrHistogram)."
                : "Times count from the moment a request was meant to start, whenever it went out and whatever became of"
                        + " those before, so that no wait is left out.";
    }
}
