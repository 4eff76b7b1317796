package dev.tramontane.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of parameters and the record that is made of it. */
class SamplingTest {
    @ParameterizedTest
    @EnumSource
    void everyParameterKeepsItsRange(SamplingParameter parameter) {
        assertThat(Sampling.NEUTRAL.has(parameter)).isFalse();
        for (double inside : new double[] {
            parameter.min(), parameter.max(), parameter.neutral(), Double.parseDouble(parameter.example())
        }) {
            double value = Sampling.NEUTRAL.with(parameter, inside).value(parameter);
            assertThat(value).isBetween(parameter.min() - 1e-6, parameter.max());
            assertThat(parameter.whole() ? value : (float) value)
                    .as("exact in 32 bits")
                    .isEqualTo(value);
        }
        for (double outside : new double[] {
            Math.nextDown(parameter.min()), Math.nextUp(parameter.max()), Double.NaN, Double.POSITIVE_INFINITY
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Sampling.NEUTRAL.with(parameter, outside))
                    .withMessageStartingWith(parameter.wireName() + " must be ");
        }
    }

    @Test
    void saysWhatIsTaken() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sampling.NEUTRAL.with(SamplingParameter.TOP_K, 1.5))
                .withMessage("top_k must be a whole number between -1 and 2147483647, got 1.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sampling.NEUTRAL.with(SamplingParameter.REPETITION_PENALTY, 0))
                .withMessage("repetition_penalty must be between 0.01 and 10, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sampling.NEUTRAL.withBias(Map.of(3, Float.NaN)))
                .withMessage("logit_bias must be between -100 and 100, got NaN");
    }

    /** What two servers write differently is one thing to the kernels, which take neither -1 nor a share of 0. */
    @Test
    void meansWhatTheKernelsCompute() {
        assertThat(Sampling.NEUTRAL.with(SamplingParameter.TOP_K, -1)).isEqualTo(Sampling.NEUTRAL);
        assertThat(Sampling.NEUTRAL.with(SamplingParameter.TOP_P, 0).value(SamplingParameter.TOP_P))
                .isEqualTo(Float.MIN_NORMAL);
        assertThat(Sampling.NEUTRAL.with(SamplingParameter.TOP_P, 1e-60).value(SamplingParameter.TOP_P))
                .as("not 0 once it has 32 bits")
                .isEqualTo(Float.MIN_NORMAL);
    }

    @Test
    void changesOneThingAtATime() {
        Sampling sampling = Sampling.GREEDY
                .with(SamplingParameter.FREQUENCY_PENALTY, -2)
                .withBias(Map.of(7, 1.5f))
                .withAllowed(Set.of(8))
                .withSeed(9);
        assertThat(sampling)
                .hasToString("Sampling{allowed_token_ids=[8], frequency_penalty=-2.0, logit_bias={7=1.5}, seed=9,"
                        + " temperature=0.0}");
        assertThat(sampling.penalises()).isTrue();
        assertThat(Sampling.GREEDY.penalises()).isFalse();
        assertThat(sampling)
                .isNotEqualTo(sampling.withSeed(8))
                .isEqualTo(sampling.withSeed(8).withSeed(9));
        assertThat(Sampling.NEUTRAL.has(SamplingParameter.TEMPERATURE)).isFalse();
    }
}
