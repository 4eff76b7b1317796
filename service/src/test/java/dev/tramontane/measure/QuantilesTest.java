package dev.tramontane.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuantilesTest {

    @Test
    void areThoseOfTheSortedNumbersToATenthOfAPerCent() {
        Random random = new Random(11);
        Quantiles quantiles = new Quantiles();
        float[] numbers = new float[10_000];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.exp(random.nextGaussian() * 8 - 5);
            quantiles.add(numbers[i]);
        }
        Arrays.sort(numbers);
        for (double share : new double[] {0.0001, 0.01, 0.5, 0.9, 0.99, 0.9999, 1}) {
            double exact = numbers[(int) Math.ceil(share * numbers.length) - 1];
            assertThat(quantiles.at(share) / exact).as("%f", share).isBetween(0.999, 1.0);
        }
    }

    @Test
    void zeroIsExact() {
        Quantiles quantiles = new Quantiles();
        assertThat(quantiles.at(0.5)).isZero();
        for (int i = 0; i < 99; i++) {
            quantiles.add(i % 2 == 0 ? 0f : -0f);
        }
        quantiles.add(Float.MAX_VALUE);
        assertThat(quantiles.at(0.99)).isZero();
        assertThat(quantiles.at(1) / Float.MAX_VALUE).isBetween(0.999, 1.0);
    }

    @Test
    void whatIsNoSizeIsRefused() {
        assertThatThrownBy(() -> new Quantiles().add(Float.NaN)).hasMessageEndingWith("got NaN");
        assertThatThrownBy(() -> new Quantiles().add(-1)).hasMessageEndingWith("got -1.0");
    }
}
