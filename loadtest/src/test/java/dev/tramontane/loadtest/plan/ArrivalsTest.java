package dev.tramontane.loadtest.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final int MANY = 100_000;

    private static long[] times(Arrivals arrivals) {
        long[] times = new long[MANY];
        for (int i = 0; i < MANY; i++) {
            times[i] = arrivals.next();
            assertThat(times[i]).isGreaterThanOrEqualTo(i == 0 ? 0 : times[i - 1]);
        }
        return times;
    }

    /** The number in a second has the mean of a Poisson process and, unlike evenly spaced ones, its variance. */
    @Test
    void poissonArrivalsAreIndependent() {
        long[] times = times(Arrivals.poisson(50, new SplittableRandom(1)));
        int[] counts = new int[(int) (times[MANY - 1] / 1e9)];
        for (long time : times) {
            int second = (int) (time / 1e9);
            if (second < counts.length) {
                counts[second]++;
            }
        }
        double mean = 0;
        double squares = 0;
        for (int count : counts) {
            mean += (double) count / counts.length;
            squares += (double) count * count / counts.length;
        }
        assertThat(mean).isCloseTo(50, within(1.0));
        assertThat(squares - mean * mean).isCloseTo(50, within(5.0));
    }

    @Test
    void constantOnesAreEvenlySpaced() {
        Arrivals arrivals = Arrivals.constant(4);
        assertThat(new long[] {arrivals.next(), arrivals.next(), arrivals.next()})
                .containsExactly(0, 250_000_000, 500_000_000);
    }

    @Test
    void burstsComeTogetherAtTheSameRate() {
        long[] times = times(Arrivals.bursts(50, 8, new SplittableRandom(2)));
        for (int i = 0; i < MANY; i++) {
            assertThat(times[i]).isEqualTo(times[i - i % 8]);
        }
        assertThat(MANY / (times[MANY - 1] / 1e9)).isCloseTo(50, within(2.0));
    }

    /** From 10 to 30 a second in 100 s: 1,500 in the first half of it, 2,500 or so in the second, then 30 a second. */
    @Test
    void aRampRises() {
        long[] times = times(Arrivals.ramp(10, 30, 100, new SplittableRandom(3)));
        assertThat(count(times, 0, 50)).isCloseTo(750, within(90L));
        assertThat(count(times, 50, 100)).isCloseTo(1250, within(110L));
        assertThat(count(times, 100, 1100)).isCloseTo(30_000, within(600L));
    }

    @Test
    void aRampFalls() {
        long[] times = times(Arrivals.ramp(30, 10, 100, new SplittableRandom(4)));
        assertThat(count(times, 0, 100)).isCloseTo(2000, within(150L));
        assertThat(count(times, 100, 1100)).isCloseTo(10_000, within(400L));
    }

    private static long count(long[] times, double from, double to) {
        long count = 0;
        for (long time : times) {
            count += time >= from * 1e9 && time < to * 1e9 ? 1 : 0;
        }
        return count;
    }
}
