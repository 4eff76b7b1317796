package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeGuide;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Sampling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the engine makes of guides; that they change nothing else, {@link EngineEquivalencePropertyTest} and others find by chance. */
final class GuidedAnswersTest {
    private static final Set<Integer> ENDS = Set.of(7, 8);
    private final FakeModel model = FakeModel.of(50, 0, 9);
    private final Rig rig = new Rig(model, Asks.config(4, 8, 4, 200, 6));

    private static Submission asking(int salt, int maxTokens, int minTokens, Set<Integer> ends, Sampling sampling) {
        return new Submission(Asks.prompt(12, salt), maxTokens, minTokens, ends, sampling, 1, -1, Long.MAX_VALUE);
    }

    @Test
    void everyTokenFollowsTheGuideAndItsEndIsAStop() throws RefusedException {
        List<Rig.Ask> asks = new ArrayList<>();
        for (int salt = 0; salt < 6; salt++) {
            asks.add(rig.ask(
                    asking(salt, 30, 0, Set.of(), Asks.sampling(salt)).guided(new FakeGuide.Rule(11, Set.of())), 2));
            asks.add(rig.ask(asking(salt, 30, 0, Set.of(), Asks.sampling(salt))));
        }
        rig.run();
        Set<List<Integer>> answers = new HashSet<>();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "with others, guided and not");
            if (ask.submission().guides() != null) {
                for (Recorder heard : ask.heard()) {
                    assertThat(heard.tokens).hasSize(11);
                    assertThat(heard.reason()).isEqualTo(FinishReason.STOP);
                    assertThat(heard.finish().endToken()).isEqualTo(-1);
                    answers.add(heard.tokens);
                }
            }
        }
        assertThat(answers).as("choices differ").hasSizeGreaterThan(6);
        rig.assertIdle();
    }

    @Test
    void anEndTokenEndsOnlyWhereTheAnswerMay() throws RefusedException {
        // Of remainder 1 and 2, so that they fit as tokens, too, where nothing may end.
        FakeGuide.Rule rule = new FakeGuide.Rule(40, ENDS);
        Sampling wantsToEnd = Sampling.GREEDY.withBias(java.util.Map.of(7, 100f, 8, 100f));
        Rig.Ask ask = rig.ask(asking(1, 50, 0, ENDS, wantsToEnd).guided(rule));
        Rig.Ask later = rig.ask(asking(1, 50, 5, ENDS, wantsToEnd).guided(rule));
        Rig.Ask never = rig.ask(asking(1, 50, 50, ENDS, wantsToEnd).guided(rule));
        rig.run();
        assertThat(ask.first().tokens).hasSize(3).doesNotContainAnyElementsOf(ENDS);
        assertThat(ask.first().reason()).isEqualTo(FinishReason.STOP);
        assertThat(ask.first().finish().endToken()).isIn(7, 8);
        assertThat(later.first().tokens).as("not before min_tokens").hasSize(7);
        assertThat(never.first().tokens)
                .as("min_tokens makes no answer longer than it can be")
                .hasSize(40);
        assertThat(never.first().reason()).isEqualTo(FinishReason.STOP);
        for (Rig.Ask each : List.of(ask, later, never)) {
            rig.assertAsAlone(each, "ends");
        }
    }

    @Test
    void theLimitOfTokensCutsItShort() throws RefusedException {
        Rig.Ask cut = rig.ask(asking(2, 10, 0, Set.of(), Sampling.GREEDY).guided(new FakeGuide.Rule(11, Set.of())));
        Rig.Ask whole = rig.ask(asking(2, 11, 0, Set.of(), Sampling.GREEDY).guided(new FakeGuide.Rule(11, Set.of())));
        rig.run();
        assertThat(cut.first().reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(whole.first().reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void aMaskThatTakesLongHoldsUpItsOwnAnswerOnly() throws RefusedException {
        Submission slow = asking(3, 30, 0, Set.of(), Asks.sampling(3)).guided(new FakeGuide.Rule(12, Set.of(), 2, -1));
        Submission quick = asking(3, 30, 0, Set.of(), Asks.sampling(3)).guided(new FakeGuide.Rule(12, Set.of()));
        Rig.Ask waits = rig.ask(slow, 2);
        Rig.Ask runs = rig.ask(quick, 2);
        Rig.Ask mate = rig.ask(asking(4, 30, 0, Set.of(), Asks.sampling(4)));
        while (!runs.over()) {
            rig.step();
        }
        assertThat(waits.over()).isFalse();
        rig.run();
        for (int choice = 0; choice < 2; choice++) {
            assertThat(waits.heard().get(choice).tokens).isEqualTo(runs.heard().get(choice).tokens);
            assertThat(waits.heard().get(choice).logprobs)
                    .isEqualTo(runs.heard().get(choice).logprobs);
        }
        rig.assertAsAlone(waits, "slow");
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
    }

    @Test
    void aGuideAtItsEndEndsItsOwnAnswerOnly() throws RefusedException {
        Rig.Ask broken =
                rig.ask(asking(5, 30, 0, Set.of(), Asks.sampling(5)).guided(new FakeGuide.Rule(12, Set.of(), 0, 4)));
        Rig.Ask mate = rig.ask(asking(6, 30, 0, Set.of(), Asks.sampling(6)).guided(new FakeGuide.Rule(12, Set.of())));
        rig.run();
        assertThat(broken.first().tokens).hasSize(4);
        assertThat(broken.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(broken.first().finish().error()).isEqualTo("the fake structure is at an end");
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
        assertThat(rig.status().healthy()).isTrue();
    }

    @Test
    void aGuideThatThrowsOrLiesEndsItsOwnAnswerOnly() throws RefusedException {
        class Bad implements Guide {
            @Override
            public boolean mask(long[] words, MaskWork work) {
                throw new StackOverflowError("of a guide");
            }

            @Override
            public boolean accept(int token) {
                return false;
            }

            @Override
            public @Nullable Guide fork() {
                return null;
            }

            @Override
            public boolean isComplete() {
                return false;
            }

            @Override
            public boolean isFinished() {
                return false;
            }
        }
        class Liar extends Bad {
            @Override
            public boolean mask(long[] words, MaskWork work) {
                words[0] = -1;
                return true;
            }
        }
        Rig.Ask bad = rig.ask(asking(5, 30, 0, Set.of(), Asks.sampling(5)).guided(Bad::new));
        Rig.Ask liar = rig.ask(asking(5, 30, 0, Set.of(), Asks.sampling(5)).guided(Liar::new));
        Rig.Ask mate = rig.ask(asking(6, 30, 0, Set.of(), Asks.sampling(6)));
        rig.run();
        for (Rig.Ask each : List.of(bad, liar)) {
            assertThat(each.first().tokens).isEmpty();
            assertThat(each.first().reason()).isEqualTo(FinishReason.ERROR);
            assertThat(each.first().finish().error()).isEqualTo(EngineLoop.BROKEN);
        }
        rig.assertAsAlone(mate, "mate");
        assertThat(rig.status().healthy()).isTrue();
    }

    /** However many answers come to new places at once, a step does so much for their masks and no more; all of them get on. */
    @Test
    void theMasksOfAStepShareItsWork() throws RefusedException {
        List<Integer> steps = new ArrayList<>();
        model.spy(batch -> steps.add(0));
        IntConsumer spent = some -> steps.set(steps.size() - 1, steps.getLast() + some);
        List<Rig.Ask> asks = new ArrayList<>();
        for (int salt = 0; salt < 4; salt++) {
            int work = salt == 3 ? 100 : 3 * MaskWork.MASK;
            FakeGuide.Rule rule = new FakeGuide.Rule(9, Set.of(), 0, -1, work, spent);
            asks.add(rig.ask(asking(salt, 30, 0, Set.of(), Asks.sampling(salt)).guided(rule)));
        }
        rig.run();
        assertThat(steps).allMatch(each -> each <= MaskWork.STEP);
        int all = 3 * 3 * 3 * MaskWork.MASK + 3 * 100;
        assertThat(steps.stream().mapToInt(each -> each).sum()).isEqualTo(all);
        assertThat(steps.stream().filter(each -> each > 0).count())
                .as("what is there for a step is used")
                .isLessThan(2L * all / MaskWork.STEP);
        for (Rig.Ask ask : asks) {
            assertThat(ask.first().tokens).hasSize(9);
            rig.assertAsAlone(ask, "whose masks took several steps");
        }
    }

    @Test
    void whatOtherMasksLeaveNothingOfSaysSo() throws RefusedException {
        Sampling two = Sampling.GREEDY.withAllowed(Set.of(3, 6)); // Remainder 0; the second token is of remainder 1.
        Rig.Ask ask = rig.ask(asking(7, 30, 0, Set.of(), two).guided(new FakeGuide.Rule(12, Set.of())));
        rig.run();
        assertThat(ask.first().tokens).hasSize(1);
        assertThat(ask.first().finish().error()).contains("no token is left to draw", "structure");
    }
}
