package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.client.End;
import java.util.List;
import java.util.Map;

/**
 * A run's figures.
 *
 * @param seconds from its beginning to its last end
 * @param raw of steady readers, as measured
 * @param all of steady readers, corrected for coordinated omission: the same as {@code raw} in an open loop
 * @param readers by behaviour, steady ones too, as measured
 * @param tenants of steady readers by tenant, as measured; empty with one
 * @param reasons why requests were refused or failed, and how many for each
 * @param late how much later than intended requests went out
 * @param running requests under way
 * @param mostRunning the most at a time
 * @param slo the objective
 * @param slots the course of the run
 * @param continuations what became of connections, of all readers
 * @param points some requests' intended starts and times to first token
 */
public record Summary(
        double seconds,
        Figures raw,
        Figures all,
        Map<String, Figures> readers,
        Map<String, Figures> tenants,
        Map<String, Long> reasons,
        Times late,
        long running,
        long mostRunning,
        Slo slo,
        List<Series.Slot> slots,
        Continuations continuations,
        List<Point> points) {

    /** One request. Seconds. */
    public record Point(double start, double firstToken) {}

    /** Of all readers. */
    public long count(End end) {
        return readers.values().stream()
                .mapToLong(figures -> figures.count(end))
                .sum();
    }

    public long requests() {
        return readers.values().stream().mapToLong(Figures::requests).sum();
    }

    /** Of all readers' answers. */
    public double tokensPerSecond() {
        return readers.values().stream().mapToLong(Figures::answerTokens).sum() / seconds;
    }

    /** Steady readers' requests that met the objective, a second. */
    public double goodput() {
        return raw.met() / seconds;
    }
}
