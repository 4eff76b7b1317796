package dev.tramontane.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gives way: enough, no more than it takes, and nobody for whom an older one would have done. */
class VictimsPropertyTest {
    private static Footprint of(int size) {
        return new Footprint(size, 0, Map.of());
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

    /** Of devices each has to have room: whoever leaves does so for one that is short. */
    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void nobodyLeavesForADeviceThatHasRoom(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            long[] rooms = {1 + random.nextInt(30), 1 + random.nextInt(30)};
            Budget budget = models -> Math.max(
                    Footprint.sum(models).of("a") - rooms[0],
                    Footprint.sum(models).of("b") - rooms[1]);
            List<Footprint> all = new ArrayList<>();
            for (int i = random.nextInt(9); i > 0; i--) {
                all.add(onDevices(random));
            }
            Footprint newcomer = onDevices(random);
            List<Integer> victims = Victims.of(budget, newcomer, all);
            if (victims == null) {
                assertThat(budget.missing(List.of(newcomer))).isPositive();
                continue;
            }
            List<Footprint> staying = new ArrayList<>(List.of(newcomer));
            for (int index = 0; index < all.size(); index++) {
                if (!victims.contains(index)) {
                    staying.add(all.get(index));
                }
            }
            assertThat(budget.missing(staying)).isNotPositive();
            for (int victim : victims) {
                List<Footprint> spared = new ArrayList<>(staying);
                spared.add(all.get(victim));
                assertThat(budget.missing(spared)).isPositive();
            }
        }
    }

    private static Footprint onDevices(Random random) {
        return new Footprint(1, 0, Map.of("a", (long) random.nextInt(15), "b", (long) random.nextInt(15)));
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
