package dev.tramontane.app;

import java.time.Duration;

/**
 * How a service that was told to end does so: it is not ready any more but still takes requests, since whoever routes
 * hears of that late; then it takes no new ones and those that run go on; then it ends, whatever is stuck.
 *
 * @param delay how long requests are still taken
 * @param drain how long running answers may go on after that
 */
record Ending(Duration delay, Duration drain) {
    /** What ending takes beyond these: a step's end, last bytes, memory given back. */
    static final Duration CLOSING = Duration.ofSeconds(10);

    /** What an orchestrator waits beyond that, so that the process says what is stuck before it is killed. */
    static final Duration MARGIN = Duration.ofSeconds(5);

    /** From the signal to the end of the process at the latest. */
    Duration limit() {
        return delay.plus(drain).plus(CLOSING);
    }

    /**
     * From the signal until an orchestrator may kill the process: Kubernetes' {@code terminationGracePeriodSeconds}, with
     * no {@code preStop} hook, whose time would come on top.
     */
    long graceSeconds() {
        return Math.ceilDiv(limit().plus(MARGIN).toMillis(), 1000L);
    }

    @Override
    public String toString() {
        return "terminationGracePeriodSeconds " + graceSeconds() + ": --drain-delay " + Units.show(delay)
                + ", --drain-timeout " + Units.show(drain) + ", and "
                + Units.show(CLOSING.plus(MARGIN)) + " to close";
    }
}
