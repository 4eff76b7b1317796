package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.plan.Behaviour;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Adds up a run, in memory that its length does not change. Any thread. */
public final class Tally {
    private static final int MOST_REASONS = 50;
    private static final int MOST_POINTS = 2000;

    private final Slo slo;
    private final boolean byTenant;
    private final long begin;
    private final int samples;
    private final Figures all = new Figures();
    private final Map<String, Figures> behaviours = new TreeMap<>();
    private final Map<String, Figures> tenants = new TreeMap<>();
    private final Map<String, Long> reasons = new LinkedHashMap<>();
    private final Times late = new Times();
    private final Continuations continuations = new Continuations();
    private final Series series = new Series();
    private final long[][] points = new long[MOST_POINTS][];
    private final List<Outcome> kept = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private long pointsSeen;
    private long keepable;
    private long running;
    private long mostRunning;
    private long ended;

    /**
     * @param byTenant whether to tell tenants apart
     * @param begin of the run, on the clock
     * @param samples answers to keep at most, for the check of contents
     */
    public Tally(Slo slo, boolean byTenant, long begin, int samples) {
        this.slo = slo;
        this.byTenant = byTenant;
        this.begin = begin;
        this.samples = samples;
    }

    /** A request goes out. */
    public synchronized void started(long intended, long now) {
        late.add(Math.max(0, now - intended));
        running++;
        mostRunning = Math.max(mostRunning, running);
        series.started(now - begin, running);
    }

    /** It is over. */
    public synchronized void ended(Outcome outcome) {
        running--;
        ended = Math.max(ended, outcome.ended() - begin);
        Behaviour behaviour = outcome.ask().behaviour();
        if (behaviour == Behaviour.STEADY) {
            all.add(outcome, slo);
        }
        behaviours.computeIfAbsent(behaviour.word(), word -> new Figures()).add(outcome, slo);
        if (byTenant && behaviour == Behaviour.STEADY) {
            tenants.computeIfAbsent(outcome.ask().tenant().name(), name -> new Figures())
                    .add(outcome, slo);
        }
        continuations.add(outcome.continuation());
        boolean bad = outcome.end() == End.FAILED || outcome.end() == End.REFUSED;
        if (bad && (reasons.containsKey(outcome.why()) || reasons.size() < MOST_REASONS)) {
            reasons.merge(outcome.why(), 1L, Long::sum);
        }
        series.ended(outcome.ended() - begin, running, bad);
        for (long event : outcome.events()) {
            series.token(event - begin);
        }
        keepPoint(outcome);
        keepText(outcome);
    }

    /** A sample of all, each as likely as another. */
    private void keepPoint(Outcome outcome) {
        if (outcome.firstToken() >= 0 && outcome.ask().behaviour() == Behaviour.STEADY) {
            long place = pointsSeen++ < MOST_POINTS ? pointsSeen - 1 : random.nextLong(pointsSeen);
            if (place < MOST_POINTS) {
                points[(int) place] = new long[] {outcome.intended() - begin, outcome.firstToken()};
            }
        }
    }

    private void keepText(Outcome outcome) {
        if (samples > 0 && (outcome.end() == End.FINISHED || outcome.end() == End.LEFT)) {
            long place = keepable++ < samples ? keepable - 1 : random.nextLong(keepable);
            if (place < kept.size()) {
                kept.set((int) place, outcome);
            } else if (place < samples) {
                kept.add(outcome);
            }
        }
    }

    /** Answers to ask for once more. */
    public synchronized List<Outcome> kept() {
        return List.copyOf(kept);
    }

    /**
     * All of it as it is now.
     *
     * @param now on the clock
     * @param closed whether users waited for their answers, so that times have to be corrected for it
     */
    public synchronized Summary summary(long now, boolean closed) {
        double seconds = Math.max(1e-9, (running == 0 && ended > 0 ? ended : now - begin) / 1e9);
        double cycle = all.whole().at(50);
        Map<String, Figures> readers = new LinkedHashMap<>();
        behaviours.forEach((name, figures) -> readers.put(name, figures.copy()));
        Map<String, Figures> keys = new LinkedHashMap<>();
        tenants.forEach((name, figures) -> keys.put(name, figures.copy()));
        return new Summary(
                seconds,
                all.copy(),
                closed && cycle > 0 ? all.corrected(cycle) : all.copy(),
                readers,
                keys,
                Map.copyOf(reasons),
                late.copy(),
                running,
                mostRunning,
                slo,
                series.slots(),
                continuations.copy(),
                Arrays.stream(points, 0, (int) Math.min(pointsSeen, MOST_POINTS))
                        .map(point -> new Summary.Point(point[0] / 1e9, point[1] / 1e9))
                        .toList());
    }
}
