package dev.tramontane.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gives way: enough, no more than it takes, and nobody for whom an older one would have done. */
class VictimsPropertyTest {
    private static Footprint of(int size) {
        return new Footprint(size, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatStaysFitsAndNobodyLeavesForNothing(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 1000; round++) {
            int size = 1 + random.nextInt(40);
            int newcomer = 1 + random.nextInt(40);
            List<Footprint> all = new ArrayList<>();
            for (int i = random.nextInt(9); i > 0; i--) {
                all.add(of(1 + random.nextInt(20)));
            }
            Budget room = models -> Footprint.sum(models).own() - size;
            List<Integer> victims = Victims.of(room, of(newcomer), all);
            if (victims == null) {
                assertThat(newcomer).as("alone").isGreaterThan(size);
                continue;
            }
            assertThat(newcomer).isLessThanOrEqualTo(size);
            assertThat(victims).isSorted();
            assertThat(room.missing(together(all, victims, newcomer, -1))).isNotPositive();
            for (int victim : victims) {
                assertThat(room.missing(together(all, victims, newcomer, victim)))
                        .as("round %d: %d could have stayed", round, victim)
                        .isPositive();
            }
        }
    }

    /** What is there in the end, with one victim that stays. */
    private static List<Footprint> together(List<Footprint> all, List<Integer> victims, int newcomer, int spared) {
        List<Footprint> together = new ArrayList<>(List.of(of(newcomer)));
        for (int index = 0; index < all.size(); index++) {
            if (!victims.contains(index) || index == spared) {
                together.add(all.get(index));
            }
        }
        return together;
    }
}
