package dev.tramontane.simulation;

import java.util.List;

/**
 * How a cluster is scaled.
 *
 * @param targets of the HPA; none: always {@code least} servers
 * @param least replicas; 0 lets KEDA scale to nothing
 * @param first replicas at the start, ready
 * @param most replicas
 * @param up the HPA's behaviour
 * @param down the HPA's behaviour
 * @param scrapeSeconds age that the newest figure may have: Prometheus' scrape interval
 * @param nodeSeconds from the wish for a node until pods run there
 * @param idleSeconds that a node without pods is kept
 * @param drainSeconds that running answers have when their server is to go
 */
record Scaling(
        List<Target> targets,
        int least,
        int first,
        int most,
        Hpa.Rules up,
        Hpa.Rules down,
        int scrapeSeconds,
        int nodeSeconds,
        int idleSeconds,
        int drainSeconds) {
    /** A signal and how much of it one server should have, or all of them where the signal is a ratio. */
    record Target(Signal signal, double value) {}

    /** The manifests' way up: at once, in a minute twice as many or four more. */
    static final Hpa.Rules UP =
            Hpa.Rules.UP.only(new Hpa.Policy(Hpa.Unit.PERCENT, 100, 60), new Hpa.Policy(Hpa.Unit.PODS, 4, 60));

    /** The manifests' way down: after ten minutes without need, in two minutes one, or a tenth. */
    static final Hpa.Rules DOWN = Hpa.Rules.DOWN
            .window(600)
            .only(new Hpa.Policy(Hpa.Unit.PERCENT, 10, 120), new Hpa.Policy(Hpa.Unit.PODS, 1, 120));

    /**
     * The manifests' behaviour on these targets, from 2 to 24 servers, beginning with 8. Nodes with a GPU take three minutes
     * (assumed) and are kept for ten (the cluster autoscaler's default).
     */
    static Scaling on(Target... targets) {
        return new Scaling(List.of(targets), 2, 8, 24, UP, DOWN, 15, 180, 600, 60);
    }

    /** A fixed number of servers. */
    static Scaling fixed(int servers) {
        return on().between(servers, servers, servers);
    }

    Scaling between(int fewest, int starting, int largest) {
        return new Scaling(
                targets, fewest, starting, largest, up, down, scrapeSeconds, nodeSeconds, idleSeconds, drainSeconds);
    }

    Scaling behaving(Hpa.Rules upwards, Hpa.Rules downwards) {
        return new Scaling(
                targets, least, first, most, upwards, downwards, scrapeSeconds, nodeSeconds, idleSeconds, drainSeconds);
    }

    Scaling scraping(int seconds) {
        return new Scaling(targets, least, first, most, up, down, seconds, nodeSeconds, idleSeconds, drainSeconds);
    }

    Scaling nodes(int startSeconds, int keptSeconds) {
        return new Scaling(
                targets, least, first, most, up, down, scrapeSeconds, startSeconds, keptSeconds, drainSeconds);
    }
}
