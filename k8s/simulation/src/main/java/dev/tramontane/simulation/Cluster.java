package dev.tramontane.simulation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run: requests in, figures out. */
final class Cluster {
    /**
     * What a run came to.
     *
     * @param requests that were answered, refused or cut
     * @param gpuHours of nodes, from the wish for one until it is given back
     * @param missed share of requests that were refused, cut, or served late, 0 to 1
     * @param refused share of requests that were refused, 0 to 1
     * @param changes how often the number of servers changed
     * @param most servers at a time
     */
    record Outcome(long requests, double gpuHours, double missed, double refused, int changes, int most) {}

    private final Scaling scaling;
    private final Tally tally = new Tally();
    private final Pods pods;
    private final Figures figures;
    private final Hpa hpa;
    private final Keda keda = new Keda(Keda.POLLING, Keda.COOLDOWN, 0);
    private int changes;
    private int most;

    private Cluster(Hardware hardware, Scaling scaling) {
        this.scaling = scaling;
        this.pods = new Pods(hardware, scaling, tally);
        this.figures = new Figures(scaling.scrapeSeconds());
        this.hpa = new Hpa(Math.max(1, scaling.least()), scaling.most(), scaling.up(), scaling.down());
        this.most = scaling.first();
    }

    static Outcome run(Hardware hardware, Scaling scaling, Workload workload, long seed) {
        return new Cluster(hardware, scaling).run(workload.requests(seed), workload.hours() * 3600);
    }

    private Outcome run(List<Request> requests, double end) {
        double tick = 0;
        List<Pods.Pod> ready = pods.ready(0);
        for (Request request : requests) {
            while (tick <= request.arrived) {
                ready = tick(tick++);
            }
            send(request, ready);
        }
        // All answers may end; nobody is cut because the clock stops.
        while (tick < end + 600) {
            tick(tick++);
        }
        return new Outcome(tally.all(), pods.nodeSeconds() / 3600, tally.missed(), tally.refusedShare(), changes, most);
    }

    private List<Pods.Pod> tick(double now) {
        pods.pass(now);
        List<Pods.Pod> ready = pods.ready(now);
        figures.look(now, ready, pods.busySeconds(), tally);
        if (now % Hpa.SYNC_SECONDS == 0 && !scaling.targets().isEmpty()) {
            scale(now);
        }
        return ready;
    }

    private void scale(double now) {
        int current = pods.wanted();
        int next = current;
        if (scaling.least() == 0) {
            // Requests that found no server are the router's to count: a server that isn't there can't.
            next = keda.look(now, current, figures.of(Signal.SEQUENCES) + figures.of(Signal.REFUSED));
        }
        if (next > 0 && current > 0) {
            next = hpa.sync(now, current, proposals(current, pods.ready(now).size()));
        }
        if (next != current) {
            changes++;
            most = Math.max(most, next);
            pods.scale(now, next);
        }
    }

    private int[] proposals(int current, int ready) {
        return scaling.targets().stream()
                .mapToInt(target -> {
                    double value = figures.of(target.signal());
                    return target.signal().isRatio()
                            ? Hpa.byValue(current, ready, value, target.value())
                            : Hpa.bySum(current, value, target.value());
                })
                .toArray();
    }

    /** To the server with the fewest requests waiting, of these the one with the fewest pages reserved, as pickers do it. */
    private void send(Request request, List<Pods.Pod> ready) {
        Pods.@Nullable Pod best = null;
        for (Pods.Pod pod : ready) {
            pod.server.advance(request.arrived);
            if (best == null || better(pod.server, best.server)) {
                best = pod;
            }
        }
        if (best == null) {
            tally.refused();
        } else {
            best.server.offer(request);
        }
    }

    private static boolean better(Server one, Server other) {
        return one.waiting() != other.waiting()
                ? one.waiting() < other.waiting()
                : one.reservedShare() < other.reservedShare();
    }
}
