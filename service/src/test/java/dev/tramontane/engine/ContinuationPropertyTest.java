package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An answer cut anywhere and continued is the uncut one: tokens, log-probabilities, end and counts. */
final class ContinuationPropertyTest {
    private static final int CONTEXT = 60;
    private static final int[][] GEOMETRIES = {{0}, {11}, {1}, {0, 11}, {11, 5, 0}};

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 60);
    }

    /** All cuts of an answer at a time, each beside the others. */
    @ParameterizedTest
    @MethodSource("seeds")
    void cutAnywhereAndContinuedIsUncut(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int lanes = 1 + random.nextInt(4);
        EngineConfig config = Asks.config(lanes, lanes + random.nextInt(20), 1 + random.nextInt(9), CONTEXT, lanes + 3);
        Rig rig = Rig.guessingAndAdaptingNowAndThen(
                seed, FakeModel.of(50, GEOMETRIES[random.nextInt(GEOMETRIES.length)]), config);
        for (int i = 0; i < 8; i++) {
            Submission uncut = rig.adapted(i, Asks.random(random, 45, 30, Long.MAX_VALUE));
            FakeReference whole = FakeReference.run(rig.model.geometry(), CONTEXT, uncut, 0);
            List<Rig.Ask> asks = new ArrayList<>();
            for (int cut = 0; cut <= whole.tokens().size(); cut++) {
                asks.add(rig.ask(Asks.continued(uncut, whole.tokens().subList(0, cut))));
            }
            rig.run();
            for (int cut = 0; cut < asks.size(); cut++) {
                assertIsTheRest(asks.get(cut).first(), whole, uncut, cut, "seed " + seed + ", answer " + i);
            }
        }
        rig.assertIdle();
    }

    private static void assertIsTheRest(Recorder rest, FakeReference whole, Submission uncut, int cut, String answer) {
        String description = answer + ", cut after " + cut;
        List<Integer> tokens = whole.tokens();
        assertThat(rest.offences).as(description).isEmpty();
        assertThat(rest.tokens).as(description).isEqualTo(tokens.subList(cut, tokens.size()));
        assertThat(rest.logprobs)
                .as(description)
                .isEqualTo(whole.logprobs().subList(cut, whole.logprobs().size()));
        assertThat(rest.promptLogprobs()).as(description).isEqualTo(whole.promptLogprobs());
        Finish finish = rest.finish();
        assertThat(finish.reason()).as(description).isEqualTo(whole.reason());
        assertThat(finish.promptTokens()).as(description).isEqualTo(uncut.prompt().length);
        int end = finish.endToken() >= 0 ? 1 : 0;
        assertThat(finish.generatedTokens()).as(description).isEqualTo(tokens.size() + end);
    }

    /** What was known is delivered no more and no demand is needed for it. */
    @Test
    void demandCountsWhatIsNew() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 0), Asks.config(1, 8, 4, 100, 1));
        Submission uncut = Asks.demand(Asks.greedy(Asks.prompt(5, 1), 12), 0);
        List<Integer> tokens =
                FakeReference.run(rig.model.geometry(), 100, uncut, 0).tokens();
        Rig.Ask ask = rig.ask(Asks.continued(uncut, tokens.subList(0, 7)));
        assertThat(rig.step()).as("computes without demand").isFalse();
        ask.request(2);
        rig.run();
        assertThat(ask.first().tokens).isEqualTo(tokens.subList(7, 9));
        ask.request(Long.MAX_VALUE);
        rig.run();
        assertThat(ask.first().tokens).isEqualTo(tokens.subList(7, 12));
        assertThat(rig.status().generatedTokens()).as("sampled here").isEqualTo(5);
    }

    @Test
    void whatCannotHaveBeenInterruptedIsRefused() {
        Rig rig = new Rig(FakeModel.of(50, 0), Asks.config(2, 8, 4, 100, 2));
        Submission three = Asks.greedy(Asks.prompt(3, 1), 2);
        assertRefused(
                rig, Asks.continuing(three, 3), 1, "the continued tokens must be fewer than the prompt's (3), got 3");
        assertRefused(rig, Asks.continuing(three, -1), 1, "fewer than the prompt's (3), got -1");
        assertRefused(rig, Asks.continuing(three, 1), 2, "a continued answer has 1 choice, got 2");
        Submission one = Asks.greedy(Asks.prompt(3, 1), 1);
        assertRefused(rig, Asks.continuing(one, 2), 1, "must be max_tokens (1) at most, got 2");
    }

    private static void assertRefused(Rig rig, Submission submission, int choices, String message) {
        assertThatThrownBy(() -> rig.ask(submission, choices))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
