package dev.tramontane.loadtest.plan;

import java.util.random.RandomGenerator;

/** When requests are meant to start, whatever the server does meanwhile: an open loop. */
@FunctionalInterface
public interface Arrivals {
    double NANOS = 1e9;

    /** Nanoseconds from the start of the run to the next intended start; never less than the one before. */
    long next();

    /** Independent arrivals, as of many users who don't know of each other; {@code rate} a second on average. */
    static Arrivals poisson(double rate, RandomGenerator random) {
        return ramp(rate, rate, 1, random);
    }

    /** One every {@code 1 / rate} seconds. */
    static Arrivals constant(double rate) {
        return new Arrivals() {
            private long count;

            @Override
            public long next() {
                return (long) (count++ * NANOS / rate);
            }
        };
    }

    /** Bursts of {@code size} at one moment, the bursts independent of each other; {@code rate} requests a second on average. */
    static Arrivals bursts(double rate, int size, RandomGenerator random) {
        Arrivals bursts = poisson(rate / size, random);
        return new Arrivals() {
            private int left;
            private long at;

            @Override
            public long next() {
                if (left == 0) {
                    left = size;
                    at = bursts.next();
                }
                left--;
                return at;
            }
        };
    }

    /**
     * Independent arrivals whose rate goes from {@code from} to {@code to} in {@code seconds}, evenly, and stays there.
     * Drawn by the inverse of the expected number of arrivals until a time, so that no arrival is thrown away.
     */
    static Arrivals ramp(double from, double to, double seconds, RandomGenerator random) {
        double slope = (to - from) / seconds;
        double onRamp = (from + to) / 2 * seconds;
        return new Arrivals() {
            private double expected;

            @Override
            public long next() {
                expected += random.nextExponential();
                double at;
                if (expected >= onRamp) {
                    at = seconds + (expected - onRamp) / to;
                } else if (slope == 0) {
                    at = expected / from;
                } else {
                    at = (Math.sqrt(from * from + 2 * slope * expected) - from) / slope;
                }
                return (long) (at * NANOS);
            }
        };
    }
}
