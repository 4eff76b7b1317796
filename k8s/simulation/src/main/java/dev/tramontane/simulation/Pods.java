package dev.tramontane.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Pods and the nodes under them, one server to a node. A new pod takes a node that is free, or waits for a new one; then it
 * loads its model, then it is ready. A pod that goes drains first, then its node is free, and is given back after a while.
 */
final class Pods {
    /** One pod. Its server is there from the start, but gets requests only while the pod is ready. */
    static final class Pod {
        final Server server;
        final double ready;
        double ends = Double.POSITIVE_INFINITY;

        Pod(Server server, double ready) {
            this.server = server;
            this.ready = ready;
        }
    }

    private final Hardware hardware;
    private final Scaling scaling;
    private final Tally tally;
    private final List<Pod> pods = new ArrayList<>();
    private final List<Pod> draining = new ArrayList<>();

    /** For each free node the time since which it is. */
    private final List<Double> free = new ArrayList<>();

    private double nodeSeconds;
    private double counted;

    /** Seconds in which servers that are gone computed. */
    private double past;

    Pods(Hardware hardware, Scaling scaling, Tally tally) {
        this.hardware = hardware;
        this.scaling = scaling;
        this.tally = tally;
        for (int i = 0; i < scaling.first(); i++) {
            pods.add(new Pod(new Server(hardware, tally, 0), 0));
        }
    }

    int wanted() {
        return pods.size();
    }

    List<Pod> ready(double now) {
        return pods.stream().filter(pod -> pod.ready <= now).toList();
    }

    /** Seconds of nodes paid for so far. */
    double nodeSeconds() {
        return nodeSeconds;
    }

    /** Seconds in which servers computed so far, all together. */
    double busySeconds() {
        double sum = past;
        for (Pod pod : pods) {
            sum += pod.server.busySeconds();
        }
        for (Pod pod : draining) {
            sum += pod.server.busySeconds();
        }
        return sum;
    }

    void scale(double now, int replicas) {
        while (pods.size() < replicas) {
            double start = free.isEmpty() ? now + scaling.nodeSeconds() : now;
            if (!free.isEmpty()) {
                free.removeLast();
            }
            pods.add(new Pod(new Server(hardware, tally, now), start + hardware.loadSeconds()));
        }
        // Those that are not ready go first, then the youngest.
        pods.sort(Comparator.comparingDouble(pod -> pod.ready));
        while (pods.size() > replicas) {
            Pod gone = pods.removeLast();
            gone.ends = now + scaling.drainSeconds();
            draining.add(gone);
        }
    }

    /** Lets time pass: servers compute, drained pods end, free nodes are given back. */
    void pass(double now) {
        nodeSeconds += (pods.size() + draining.size() + free.size()) * (now - counted);
        counted = now;
        for (Pod pod : pods) {
            pod.server.advance(now);
        }
        for (Pod pod : List.copyOf(draining)) {
            pod.server.advance(now);
            if (pod.server.idle() || pod.ends <= now) {
                pod.server.kill();
                past += pod.server.busySeconds();
                draining.remove(pod);
                free.add(now);
            }
        }
        free.removeIf(since -> now - since >= scaling.idleSeconds());
    }
}
