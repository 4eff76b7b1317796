package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.RecordedBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a step holds, seen from the model. */
final class SchedulerTest {
    private final FakeModel model = FakeModel.of(50, 16);
    private final List<Map<Integer, Integer>> stepsSeen = new ArrayList<>();

    /** Notes rows by slot of every step; slots are given out in order of admission. */
    private Rig rig(int lanes, int budget, int slots) {
        Rig rig = new Rig(model, Asks.cold(Asks.config(lanes, budget, 4, 400, slots)));
        model.spy(batch -> stepsSeen.add(rowsBySlot(batch)));
        return rig;
    }

    private static Map<Integer, Integer> rowsBySlot(RecordedBatch batch) {
        Map<Integer, Integer> rows = new HashMap<>();
        for (int span = 0; span < batch.spans(); span++) {
            rows.put(batch.spanSlot(span), batch.spanRows(span));
        }
        return rows;
    }

    @Test
    void decodesFirstThenChunksInOrderOfAdmission() throws RefusedException {
        Rig rig = rig(4, 10, 4);
        rig.ask(Asks.greedy(Asks.prompt(2, 1), 50));
        rig.step();
        rig.ask(Asks.greedy(Asks.prompt(15, 1), 50));
        rig.ask(Asks.greedy(Asks.prompt(7, 1), 50));
        rig.steps(4);
        assertThat(stepsSeen)
                .containsExactly(
                        Map.of(0, 2), //
                        Map.of(0, 1, 1, 9),
                        Map.of(0, 1, 1, 6, 2, 3),
                        Map.of(0, 1, 1, 1, 2, 4),
                        Map.of(0, 1, 1, 1, 2, 1));
    }

    @Test
    void moreDecodesThanLanesTakeTurns() throws RefusedException {
        Rig rig = rig(2, 10, 5);
        for (int i = 0; i < 5; i++) {
            rig.ask(Asks.greedy(Asks.prompt(1, i), 50));
        }
        rig.steps(5);
        assertThat(stepsSeen.stream()
                        .map(Map::keySet)
                        .map(List::copyOf)
                        .map(keys -> keys.stream().sorted().toList()))
                .containsExactly(List.of(0, 1), List.of(2, 3), List.of(0, 4), List.of(1, 2), List.of(3, 4));
    }

    @Test
    void whoLeavesTakesNobodysTurn() throws RefusedException {
        Rig rig = rig(2, 10, 5);
        Rig.Ask first = rig.ask(Asks.greedy(Asks.prompt(1, 0), 50));
        for (int i = 1; i < 5; i++) {
            rig.ask(Asks.greedy(Asks.prompt(1, i), 50));
        }
        rig.steps(2);
        first.cancel();
        rig.step();
        assertThat(stepsSeen.getLast()).isEqualTo(Map.of(4, 1, 1, 1));
    }

    @Test
    void aPromptKeepsALaneBesideDecodes() throws RefusedException {
        Rig rig = rig(3, 4, 6);
        for (int i = 0; i < 5; i++) {
            rig.ask(Asks.greedy(Asks.prompt(1, i), 90));
        }
        rig.steps(3);
        stepsSeen.clear();
        rig.ask(Asks.greedy(Asks.prompt(20, 1), 9));
        rig.steps(9);
        assertThat(stepsSeen)
                .allSatisfy(rows -> assertThat(rows).containsEntry(5, 2).hasSize(3));
    }

    @Test
    void withOneLanePromptsAndDecodesAlternate() throws RefusedException {
        Rig rig = rig(1, 4, 3);
        rig.ask(Asks.greedy(Asks.prompt(1, 0), 90));
        rig.ask(Asks.greedy(Asks.prompt(1, 1), 90));
        rig.steps(2);
        stepsSeen.clear();
        rig.ask(Asks.greedy(Asks.prompt(16, 1), 9));
        rig.steps(6);
        assertThat(stepsSeen)
                .containsExactly(Map.of(2, 4), Map.of(0, 1), Map.of(2, 4), Map.of(1, 1), Map.of(2, 4), Map.of(0, 1));
    }

    @Test
    void scoredPromptsStayWithinTheSamplesOfAStep() throws RefusedException {
        Rig rig = rig(4, 64, 8);
        // 8 samples a step: the decode takes one, the scored prompt the rest.
        rig.ask(Asks.greedy(Asks.prompt(1, 1), 50));
        rig.step();
        Rig.Ask scored = rig.ask(Asks.scored(Asks.prompt(30, 1), 3));
        Rig.Ask plain = rig.ask(Asks.greedy(Asks.prompt(12, 1), 3));
        rig.step();
        // The plain prompt samples nothing yet: no sample is left for its last row.
        assertThat(stepsSeen.getLast()).isEqualTo(Map.of(0, 1, 1, 7, 2, 11));
        rig.run();
        rig.assertAsAlone(scored, "scored");
        rig.assertAsAlone(plain, "plain");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 8", "2, 2", "2, 9", "5, 5", "5, 40"})
    void whateverMayRunRunsSoon(int lanes, int budget) throws RefusedException {
        for (int seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int slots = 12;
            Rig rig = new Rig(model, Asks.config(lanes, budget, 4, 400, slots));
            List<Rig.Ask> asks = new ArrayList<>();
            long work = 0;
            for (int i = 0; i < slots; i++) {
                Submission submission = Asks.greedy(Asks.prompt(1 + random.nextInt(60), i), 400);
                work += submission.prompt().length;
                asks.add(rig.ask(submission));
            }
            // By then every prompt is computed even at a row a step, beside or in turns with decodes.
            rig.steps((int) (2 * work + 2L * slots));
            int[] before =
                    asks.stream().mapToInt(ask -> ask.first().tokens.size()).toArray();
            int rounds = 10;
            rig.steps(rounds * ((slots + lanes - 1) / lanes));
            int[] gained = IntStream.range(0, slots)
                    .map(i -> asks.get(i).first().tokens.size() - before[i])
                    .toArray();
            assertThat(gained).as("seed %d", seed).satisfies(all -> {
                for (int i = 0; i < slots; i++) {
                    if (!asks.get(i).over()) {
                        assertThat(all[i]).isBetween(rounds - 1, 2 * rounds + rounds * lanes);
                    }
                }
            });
        }
    }
}
