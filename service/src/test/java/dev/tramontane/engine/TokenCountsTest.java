package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TokenCountsTest {
    private static final Sampling REPETITION = Sampling.GREEDY.with(SamplingParameter.REPETITION_PENALTY, 1.2);
    private static final Sampling PRESENCE = Sampling.GREEDY.with(SamplingParameter.PRESENCE_PENALTY, 0.5);

    @Test
    void countsAsAMapDoes() {
        SplittableRandom random = new SplittableRandom(5);
        int[] prompt = random.ints(3000, 0, 1 << 20).toArray();
        TokenCounts counts = new TokenCounts(REPETITION, prompt, 0);
        Map<Integer, Integer> expected = new HashMap<>();
        for (int token : prompt) {
            expected.put(token, 0);
        }
        for (int i = 0; i < 20_000; i++) {
            int token = random.nextInt(random.nextBoolean() ? 50 : 1 << 20);
            counts.generated(token);
            expected.merge(token, 1, Integer::sum);
        }
        assertThat(pairs(counts)).as("seed 5").isEqualTo(expected);
    }

    @Test
    void promptTokensCountOnlyForRepetition() {
        assertThat(pairs(new TokenCounts(REPETITION, new int[] {3, 4, 3}, 0))).isEqualTo(Map.of(3, 0, 4, 0));
        assertThat(pairs(new TokenCounts(PRESENCE, new int[] {3, 4, 3}, 0))).isEmpty();
    }

    private static Map<Integer, Integer> pairs(TokenCounts counts) {
        Map<Integer, Integer> pairs = new HashMap<>();
        for (int i = 0; i < counts.size(); i++) {
            assertThat(pairs.put(counts.pairs()[2 * i], counts.pairs()[2 * i + 1]))
                    .isNull();
        }
        return pairs;
    }
}
