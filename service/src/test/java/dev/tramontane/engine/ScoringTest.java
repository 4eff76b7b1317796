package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Sampling;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScoringTest {

    @ParameterizedTest
    @CsvSource({"1, 0, 1", "1, 3, 1", "1, 0, 3", "2, 0, 1", "2, 2, 2", "40, 0, 1", "40, 0, 3", "40, 7, 1", "40, 7, 3"})
    void everyPromptTokenButTheFirst(int prompt, int maxTokens, int choices) throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 0, 8), Asks.config(3, 9, 4, 100, 4));
        Rig.Ask ask = rig.ask(Asks.scored(Asks.prompt(prompt, 1), maxTokens), choices);
        rig.run().assertAsAlone(ask, "scored");
        for (Recorder heard : ask.heard()) {
            assertThat(heard.reason()).isEqualTo(FinishReason.LENGTH);
            assertThat(heard.prompt).hasSize(prompt - 1).allSatisfy(score -> {
                assertThat(score.topIds()).hasSize(2);
                assertThat(score.topLogprobs()[0]).isGreaterThanOrEqualTo(score.topLogprobs()[1]);
                assertThat(score.topLogprobs()[0]).isGreaterThanOrEqualTo(score.logprob());
            });
        }
        rig.assertIdle();
    }

    @Test
    void nothingAtAllIsWanted() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 8), Asks.cold(Asks.config(3, 9, 4, 100, 4))); // Else it is wanted later.
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(30, 1), 0), 2);
        assertThat(rig.step()).as("computes nothing").isFalse();
        assertThat(ask.first().finish()).isEqualTo(new Finish(FinishReason.LENGTH, -1, 30, 0, 0, ""));
        rig.assertIdle();
    }

    @Test
    void topsOnlyWhenAskedFor() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 8), Asks.config(3, 9, 4, 100, 4));
        int[] tops = {-1, 0, 1, 20};
        for (int wanted : tops) {
            Recorder heard = new Recorder() {
                @Override
                public void onToken(TokenScore token) {
                    super.onToken(token);
                    assertThat(token.topIds()).hasSize(Math.max(0, wanted));
                    assertThat(token.topLogprobs()).hasSize(Math.max(0, wanted));
                }
            };
            rig.engine.submit(
                    new Submission(Asks.prompt(5, 1), 4, 0, Set.of(), Sampling.GREEDY, wanted, -1, Long.MAX_VALUE),
                    java.util.List.of(heard));
            rig.run();
            assertThat(heard.reason()).as("the listener's own check held").isEqualTo(FinishReason.LENGTH);
        }
    }
}
