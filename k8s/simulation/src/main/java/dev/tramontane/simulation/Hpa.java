package dev.tramontane.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * The horizontal pod autoscaler's algorithm (autoscaling/v2; its documentation and {@code pkg/controller/podautoscaler}):
 * a proposal from each metric, the largest wins, no change within the tolerance; then the stabilisation windows, then the
 * policies. Seconds since the start as times.
 */
final class Hpa {
    /** Documented defaults: {@code --horizontal-pod-autoscaler-sync-period} and {@code -tolerance}. */
    static final int SYNC_SECONDS = 15;

    static final double TOLERANCE = 0.1;

    /** What a policy counts. */
    enum Unit {
        PODS,
        PERCENT
    }

    /** Which of several policies holds. */
    enum Select {
        MAX,
        MIN,
        DISABLED
    }

    /** No more than {@code value} pods, or per cent of the pods, in {@code seconds}. */
    record Policy(Unit unit, int value, int seconds) {}

    /** One direction of {@code behavior}. */
    record Rules(int windowSeconds, Select select, List<Policy> policies) {
        /** Kubernetes' own for scaling up: four pods or twice as many each 15 s, the more of the two, at once. */
        static final Rules UP =
                new Rules(0, Select.MAX, List.of(new Policy(Unit.PERCENT, 100, 15), new Policy(Unit.PODS, 4, 15)));

        /** Kubernetes' own for scaling down: all at once, after five minutes. */
        static final Rules DOWN = new Rules(300, Select.MAX, List.of(new Policy(Unit.PERCENT, 100, 15)));

        Rules window(int seconds) {
            return new Rules(seconds, select, policies);
        }

        Rules only(Policy... allowed) {
            return new Rules(windowSeconds, select, List.of(allowed));
        }
    }

    private record Recommendation(double at, int replicas) {}

    private record Change(double at, int replicas) {}

    private final int least;
    private final int most;
    private final Rules up;
    private final Rules down;
    private final List<Recommendation> recommendations = new ArrayList<>();
    private final List<Change> added = new ArrayList<>();
    private final List<Change> removed = new ArrayList<>();

    Hpa(int least, int most, Rules up, Rules down) {
        this.least = least;
        this.most = most;
        this.up = up;
        this.down = down;
    }

    /** A proposal by the average of a metric over the pods that have it (types Resource and Pods). */
    static int byAverage(int replicas, double average, double target) {
        double ratio = average / target;
        return Math.abs(1 - ratio) <= TOLERANCE ? replicas : (int) Math.ceil(ratio * replicas);
    }

    /** A proposal by a sum that all pods share (type External with an {@code AverageValue}, which KEDA makes). */
    static int bySum(int replicas, double sum, double target) {
        double ratio = sum / (target * replicas);
        return Math.abs(1 - ratio) <= TOLERANCE ? replicas : (int) Math.ceil(sum / target);
    }

    /** A proposal by a figure of all pods together (type External with a {@code Value}): so many times those that are ready. */
    static int byValue(int replicas, int ready, double value, double target) {
        double ratio = value / target;
        return Math.abs(1 - ratio) <= TOLERANCE ? replicas : (int) Math.ceil(ratio * ready);
    }

    /** One sync: the replicas from now on, of those proposed by each metric. */
    int sync(double now, int current, int... proposals) {
        int desired = 0;
        for (int proposal : proposals) {
            desired = Math.max(desired, proposal);
        }
        desired = Math.clamp(desired, least, most);
        int next = limited(now, current, stabilised(now, current, desired));
        if (next > current) {
            added.add(new Change(now, next - current));
        } else if (next < current) {
            removed.add(new Change(now, current - next));
        }
        return next;
    }

    /** Up no further than the least proposal of the window for it, down no further than the largest of its own. */
    private int stabilised(double now, int current, int desired) {
        int highest = desired;
        int lowest = desired;
        for (Recommendation past : recommendations) {
            if (past.at > now - up.windowSeconds) {
                lowest = Math.min(lowest, past.replicas);
            }
            if (past.at > now - down.windowSeconds) {
                highest = Math.max(highest, past.replicas);
            }
        }
        recommendations.add(new Recommendation(now, desired));
        recommendations.removeIf(past -> past.at <= now - Math.max(up.windowSeconds, down.windowSeconds));
        return Math.min(Math.max(current, lowest), highest);
    }

    private int limited(double now, int current, int desired) {
        if (desired > current) {
            return Math.min(desired, Math.max(current, limit(now, current, up, 1)));
        }
        if (desired < current) {
            return Math.max(desired, Math.min(current, limit(now, current, down, -1)));
        }
        return desired;
    }

    /** How far the policies of a direction let it go: counted from the replicas at the start of each policy's period. */
    private int limit(double now, int current, Rules rules, int sign) {
        if (rules.select == Select.DISABLED) {
            return current;
        }
        int furthest = 0;
        int nearest = Integer.MAX_VALUE;
        for (Policy policy : rules.policies) {
            int start = current - changed(added, now - policy.seconds) + changed(removed, now - policy.seconds);
            int to = switch (policy.unit) {
                case PODS -> start + sign * policy.value;
                case PERCENT -> {
                    double exact = start * (1 + sign * policy.value / 100.0);
                    yield (int) (sign > 0 ? Math.ceil(exact) : Math.floor(exact));
                }
            };
            furthest = Math.max(furthest, sign * (to - current));
            nearest = Math.min(nearest, Math.max(0, sign * (to - current)));
        }
        return current + sign * (rules.select == Select.MAX ? furthest : nearest);
    }

    private static int changed(List<Change> changes, double since) {
        int sum = 0;
        for (Change change : changes) {
            if (change.at > since) {
                sum += change.replicas;
            }
        }
        return sum;
    }
}
