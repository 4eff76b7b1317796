package dev.tramontane.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What Prometheus has of the servers: gauges as they were at the last scrape, rates over the last minute. */
final class Figures {
    private static final double RATE_SECONDS = 60;

    private record Sample(double at, double busy, long refused, long served, double waited, long admitted) {}

    private final int scrapeSeconds;
    private final Map<Signal, Double> values = new EnumMap<>(Signal.class);
    private final Deque<Sample> samples = new ArrayDeque<>();
    private double scraped;

    /** Scrapes lie between the autoscaler's looks, so that what it sees has an age. */
    Figures(int scrapeSeconds) {
        this.scrapeSeconds = scrapeSeconds;
        this.scraped = -scrapeSeconds / 2.0;
    }

    double of(Signal signal) {
        return values.getOrDefault(signal, 0.0);
    }

    /** Scrapes when it is time. */
    void look(double now, List<Pods.Pod> ready, double busySeconds, Tally tally) {
        if (now < scraped + scrapeSeconds) {
            return;
        }
        scraped = now;
        double waiting = 0;
        double running = 0;
        double reserved = 0;
        for (Pods.Pod pod : ready) {
            waiting += pod.server.waiting();
            running += pod.server.running();
            reserved += pod.server.reservedShare();
        }
        Sample last = new Sample(
                now, busySeconds, tally.refusals(), tally.served(), tally.waitedSeconds(), tally.admissions());
        samples.addLast(last);
        while (samples.size() > 2 && samples.getFirst().at < now - RATE_SECONDS) {
            samples.removeFirst();
        }
        Sample first = samples.getFirst();
        double span = Math.max(1, now - first.at);
        double refused = last.refused - first.refused;
        values.put(Signal.WAITING, waiting);
        values.put(Signal.RUNNING, running);
        values.put(Signal.SEQUENCES, running + waiting);
        values.put(Signal.RESERVED, reserved);
        values.put(Signal.BUSY, (last.busy - first.busy) / span);
        values.put(Signal.REFUSED, refused / span);
        values.put(
                Signal.QUEUE_TIME,
                Math.min(2, share(last.waited - first.waited, (double) last.admitted - first.admitted)));
        values.put(Signal.REFUSED_SHARE, Math.min(0.02, share(refused, refused + last.served - first.served)));
    }

    private static double share(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }
}
