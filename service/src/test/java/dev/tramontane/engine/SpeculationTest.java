package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import dev.tramontane.model.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What guesses do, and what they must not: {@link EngineEquivalencePropertyTest} and its like guess in every second case. */
final class SpeculationTest {
    private static final int VOCABULARY = 50;
    private static final Speculation ASKED = new Speculation(Speculation.Method.LOOKUP, 4);

    private final EngineConfig config = Asks.config(4, 32, 4, 400, 6);

    /** Says one token for ever, so that all that is looked up is right. */
    private static Submission monotone(int maxTokens) {
        return new Submission(
                Asks.prompt(8, 3),
                maxTokens,
                0,
                Set.of(),
                Sampling.GREEDY.withBias(Map.of(5, 100f)),
                -1,
                -1,
                Long.MAX_VALUE);
    }

    private Rig.Ask run(Rig rig, Submission submission) throws RefusedException {
        Rig.Ask ask = rig.ask(submission);
        rig.run();
        rig.assertAsAlone(ask, "asked " + submission.speculation());
        rig.assertIdle();
        return ask;
    }

    @Test
    void whatRepeatsItselfTakesFewerSteps() throws RefusedException {
        Rig plain = new Rig(FakeModel.of(VOCABULARY, 0), config);
        run(plain, monotone(100));
        Rig guessing = new Rig(FakeModel.of(VOCABULARY, 0), config);
        Rig.Ask ask = run(guessing, monotone(100).speculating(ASKED));
        assertThat(ask.first().tokens).hasSize(100);
        assertThat(plain.steps).isGreaterThan(100);
        assertThat(guessing.steps).isLessThan(30);
        EngineStatus status = guessing.status();
        assertThat(status.guessesAccepted()).isBetween(70L, 99L);
        assertThat(plain.status().guessesAccepted() + plain.status().guessesRejected())
                .isZero();
    }

    @Test
    void anExpectedAnswerIsGuessedFromItsFirstTokenOn() throws RefusedException {
        FakeModel model = FakeModel.of(VOCABULARY, 0, 11);
        Submission submission = Asks.greedy(Asks.prompt(20, 1), 60);
        List<Integer> answer =
                FakeReference.run(model.geometry(), 400, submission, 0).tokens();
        int[] expected = answer.stream().mapToInt(Integer::intValue).toArray();
        expected[30] = (expected[30] + 1) % VOCABULARY; // The edit that the answer makes.
        Rig rig = new Rig(model, config);
        Rig.Ask ask = run(rig, submission.speculating(ASKED.expecting(expected)));
        assertThat(ask.first().finish().acceptedGuesses()).isGreaterThan(40);
        assertThat(rig.steps).isLessThan(25);
    }

    @Test
    void nobodyGetsMoreThanHeDemanded() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(VOCABULARY, 0), config);
        Rig.Ask ask = rig.ask(Asks.demand(monotone(100), 3).speculating(ASKED));
        for (int granted = 3; granted < 60; granted += 1 + granted % 3) {
            rig.run();
            assertThat(ask.first().tokens).hasSize(granted);
            ask.request(1 + granted % 3);
        }
        ask.cancel();
        rig.run();
        rig.assertIdle();
    }

    @Test
    void onlyWhatWasDrawnIsFoundAgain() throws RefusedException {
        FakeModel model = FakeModel.of(VOCABULARY, 0, 9);
        Rig rig = Rig.guessing(model, config, 3);
        int[] prompt = Asks.prompt(21, 2);
        Rig.Ask first = run(rig, Asks.greedy(prompt, 50));
        for (int more = 0; more <= 50; more += 7) {
            int[] longer = Asks.joined(prompt, first.first().tokens.subList(0, more), 7, 8, 9);
            Rig.Ask next = run(rig, Asks.scored(longer, 20));
            assertThat(next.first().finish().promptTokens()).isEqualTo(longer.length);
            int[] found = Arrays.copyOf(longer, longer.length - 2);
            Rig.Ask again = run(rig, Asks.greedy(found, 20));
            assertThat(again.first().cached).isGreaterThan(0);
        }
    }

    @Test
    void badGuessesAreGivenUpAndAFullBatchHasNone() throws RefusedException {
        FakeModel model = FakeModel.of(VOCABULARY, 0);
        List<Integer> rows = new ArrayList<>();
        Rig rig = new Rig(model, config.speculating(Speculation.AUTO));
        model.spy(batch -> {
            rows.add(batch.rows());
            rig.nanos.addAndGet(10_000L + 8_000L * batch.rows()); // Rows cost nearly all of it.
        });
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            asks.add(rig.ask(Asks.greedy(Asks.prompt(40, i), 300)));
        }
        rig.run();
        asks.forEach(ask -> rig.assertAsAlone(ask, "auto"));
        long rejected = rig.status().guessesRejected();
        assertThat(rejected).isLessThan(120); // Of 1200 tokens.
        assertThat(rows.stream().skip(400).filter(count -> count > 4).count()).isLessThan(60);
    }

    @Test
    void penaltiesCountWhatWasGuessedBeforeARow() {
        Sampling sampling = Sampling.NEUTRAL.with(dev.tramontane.model.SamplingParameter.REPETITION_PENALTY, 1.2);
        int[] prompt = {3, 9, 4};
        TokenCounts counts = new TokenCounts(sampling, prompt, 0);
        int[] before = Arrays.copyOf(counts.pairs(), 2 * counts.size());
        for (int round = 0; round < 200; round++) {
            int size = counts.size();
            int[] guesses = {4, 100 + round, 4, 100 + round, 9, 500 + round};
            for (int guess : guesses) {
                counts.generated(guess);
            }
            assertThat(counts.size()).isEqualTo(size + 2);
            for (int i = guesses.length - 1; i >= 0; i--) {
                counts.takeBack(guesses[i], size);
            }
            assertThat(Arrays.copyOf(counts.pairs(), 2 * counts.size())).isEqualTo(before);
        }
        counts.generated(100);
        assertThat(Arrays.copyOf(counts.pairs(), 2 * counts.size()))
                .endsWith(100, 1)
                .hasSize(8);
    }

    /** Each guess has a copy of all that penalties look at. */
    @Test
    void whoHasManyTokensToPenaliseIsGuessedLess() {
        assertThat(Speculator.affordable(16, 0)).isEqualTo(16);
        assertThat(Speculator.affordable(16, 8192)).isEqualTo(16);
        assertThat(Speculator.affordable(16, 32_768)).isEqualTo(4);
        assertThat(Speculator.affordable(16, 131_073)).isZero();
        assertThat(Speculator.affordable(-1, 5)).isEqualTo(-1);
    }

    @Test
    void whatIsNoNumberOfGuessesIsRefused() {
        for (int most : new int[] {0, -1, Speculation.MOST + 1}) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> new Speculation(Speculation.Method.AUTO, most)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got " + most);
        }
    }
}
