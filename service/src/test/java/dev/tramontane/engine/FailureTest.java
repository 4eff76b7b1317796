package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FailureTest {
    private static final int POISON = 49;
    private final FakeModel model = FakeModel.of(50, 0, 9);
    private Rig rig;

    @BeforeEach
    void start() {
        rig = new Rig(model, Asks.config(4, 8, 4, 200, 6));
        model.poison(POISON);
    }

    /** Prompts without the poisoned token; the poisoned one is never sampled either. */
    private static Submission clean(int salt, int maxTokens) {
        int[] prompt =
                IntStream.of(Asks.prompt(12, salt)).map(token -> token % 49).toArray();
        return new Submission(prompt, maxTokens, 0, Set.of(), never(Map.of(POISON, -100f)), -1, -1, Long.MAX_VALUE);
    }

    private static Sampling never(Map<Integer, Float> bias) {
        return Sampling.GREEDY.withBias(bias);
    }

    @Test
    void notFiniteEndsThatSequenceOnly() throws RefusedException {
        Rig.Ask mate = rig.ask(clean(1, 40));
        Rig.Ask bad = rig.ask(
                new Submission(new int[] {3, POISON}, 40, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE));
        rig.run();
        assertThat(bad.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(bad.first().finish().error()).contains("not a number");
        assertThat(bad.first().tokens).isEmpty();
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
        assertThat(rig.status().healthy()).isTrue();
    }

    @Test
    void notFiniteInAScoredPromptEndsAllItsChoices() throws RefusedException {
        Rig.Ask mate = rig.ask(clean(1, 40));
        Rig.Ask bad = rig.ask(
                new Submission(new int[] {3, POISON, 5, 6}, 4, 0, Set.of(), Sampling.GREEDY, -1, 0, Long.MAX_VALUE), 3);
        rig.run();
        for (Recorder heard : bad.heard()) {
            assertThat(heard.prompt).hasSize(1);
            assertThat(heard.reason()).isEqualTo(FinishReason.ERROR);
        }
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
    }

    @Test
    void notFiniteInAPromptThatNobodyScoresGoesUnnoticed() throws RefusedException {
        Submission submission = new Submission(
                new int[] {3, POISON, 5}, 4, 0, Set.of(), never(Map.of(POISON, -100f)), -1, -1, Long.MAX_VALUE);
        Rig.Ask ask = rig.ask(submission);
        rig.run().assertAsAlone(ask, "the row itself was fine");
    }

    @Test
    void maskedOutSaysSo() throws RefusedException {
        Set<Integer> all = Set.copyOf(IntStream.range(0, 50).boxed().toList());
        Sampling onlyFour = Sampling.GREEDY.withAllowed(Set.of(4));
        for (Submission nothingLeft : List.of(
                new Submission(new int[] {3}, 4, 1, all, Sampling.GREEDY, -1, -1, Long.MAX_VALUE),
                new Submission(new int[] {3}, 4, 1, Set.of(4), onlyFour, -1, -1, Long.MAX_VALUE))) {
            Rig.Ask ask = rig.ask(nothingLeft);
            rig.run();
            assertThat(ask.first().reason()).isEqualTo(FinishReason.ERROR);
            assertThat(ask.first().finish().error()).contains("no token is left to draw");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailedModelEndsEverythingAndIsLatched(boolean atSubmit) throws RefusedException {
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            asks.add(rig.ask(clean(i, 40), 2));
        }
        rig.steps(5);
        if (atSubmit) {
            model.failSubmit("device lost at /dev/secret");
        } else {
            model.failAwait("device lost at /dev/secret");
        }
        rig.step();
        for (Rig.Ask ask : asks) {
            for (Recorder heard : ask.heard()) {
                assertThat(heard.reason()).isEqualTo(FinishReason.ERROR);
                assertThat(heard.finish().error()).contains("the model failed").doesNotContain("secret");
                assertThat(heard.offences).isEmpty();
            }
        }
        assertThat(rig.status().healthy()).isFalse();
        rig.assertIdle();
        assertThat(rig.step()).isFalse();
        RefusedException refused = catchThrowableOfType(RefusedException.class, () -> rig.ask(clean(1, 1)));
        assertThat(refused.refusal()).isEqualTo(Cause.UNAVAILABLE);
        assertThat(refused).hasMessageContaining("the model failed");
        rig.engine.close();
    }

    /** Thrown by a listener on purpose; without a stack trace, which would only fill the log. */
    private static final class Rude extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Rude(String method) {
            super("thrown on purpose in " + method, null, false, false);
        }
    }

    /** A listener that throws in one of its methods harms its own sequence only. */
    @ParameterizedTest
    @ValueSource(strings = {"onStarted", "onPromptToken", "onToken", "onFinish"})
    void aListenerThatThrows(String method) throws RefusedException {
        Rig.Ask mate = rig.ask(clean(1, 40));
        Map<String, Integer> calls = new HashMap<>();
        List<FinishReason> reasons = new ArrayList<>();
        SequenceListener rude = new SequenceListener() {
            @Override
            public void onStarted() {
                call("onStarted");
            }

            @Override
            public void onPromptToken(int index, TokenScore score) {
                call("onPromptToken");
            }

            @Override
            public void onToken(TokenScore token) {
                call("onToken");
            }

            @Override
            public void onFinish(Finish finish) {
                reasons.add(finish.reason());
                call("onFinish");
            }

            private void call(String name) {
                calls.merge(name, 1, Integer::sum);
                if (name.equals(method)) {
                    throw new Rude(name);
                }
            }
        };
        Recorder sibling = new Recorder();
        Submission submission = Asks.scored(Asks.prompt(6, 2), 5);
        rig.engine.submit(submission, List.of(rude, sibling));
        rig.run();
        assertThat(reasons).containsExactly(method.equals("onFinish") ? FinishReason.LENGTH : FinishReason.ERROR);
        assertThat(calls.get(method)).isEqualTo(1);
        rig.assertAsAlone(mate, "mate");
        rig.assertAsAlone(new Rig.Ask(submission, List.of(new Recorder(), sibling), List.of()), 1, "sibling");
        rig.assertIdle();
    }
}
