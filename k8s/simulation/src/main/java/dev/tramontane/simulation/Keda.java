package dev.tramontane.simulation;

/**
 * What KEDA adds to the autoscaler (its documentation, "Scaling Deployments"): every {@code pollingInterval} it looks
 * whether the trigger is active, which is a value above its activation threshold; from nothing it goes to one replica at
 * once, to nothing when the trigger was not active for {@code cooldownPeriod}. Between one and the most the HPA decides.
 */
final class Keda {
    /** Documented defaults, seconds. */
    static final int POLLING = 30;

    static final int COOLDOWN = 300;

    private final int polling;
    private final int cooldown;
    private final double activation;
    private double polled = Double.NEGATIVE_INFINITY;
    private double active = Double.NEGATIVE_INFINITY;

    Keda(int polling, int cooldown, double activation) {
        this.polling = polling;
        this.cooldown = cooldown;
        this.activation = activation;
    }

    /**
     * Replicas from now on: 0 or 1 by its own rule, otherwise {@code current}, which is the HPA's to change.
     *
     * @param value of the trigger
     */
    int look(double now, int current, double value) {
        if (now < polled + polling) {
            return current;
        }
        polled = now;
        if (value > activation) {
            active = now;
            return Math.max(1, current);
        }
        return now >= active + cooldown ? 0 : current;
    }
}
