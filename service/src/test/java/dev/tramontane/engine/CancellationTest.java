package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever goes away frees everything that only he holds within one step, at any stage, and nobody else notices. */
final class CancellationTest {
    private Rig rig;
    private Rig.Ask mate;

    @BeforeEach
    void aMateRuns() throws RefusedException {
        rig = new Rig(FakeModel.of(50, 0, 9), Asks.config(4, 8, 4, 200, 5));
        mate = rig.ask(Asks.greedy(Asks.prompt(20, 3), 150));
        rig.steps(10);
        assertThat(mate.first().tokens).isNotEmpty();
    }

    private int pagesOfMate() {
        return (20 + mate.first().tokens.size() - 1 + 3) / 4
                + Math.min((20 + mate.first().tokens.size() - 1 + 3) / 4, 5);
    }

    private void assertOnlyTheMateIsLeft(Rig.Ask... gone) {
        EngineStatus status = rig.status();
        assertThat(status.queued()).isZero();
        assertThat(status.running()).isEqualTo(1);
        assertThat(status.parked()).isZero();
        assertThat(status.pagesUsed()).isEqualTo(pagesOfMate());
        for (Rig.Ask ask : gone) {
            for (Recorder heard : ask.heard()) {
                assertThat(heard.reason()).isEqualTo(FinishReason.CANCELLED);
                assertThat(heard.offences).isEmpty();
            }
        }
        rig.run();
        rig.assertAsAlone(mate, "the mate");
        rig.assertIdle();
    }

    @Test
    void beforeTheEngineSawIt() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(30, 1), 10));
        ask.cancel();
        rig.step();
        assertThat(ask.first().started).isFalse();
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void whileQueued() throws RefusedException {
        List<Rig.Ask> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(rig.ask(Asks.greedy(Asks.prompt(30, i), 100)));
        }
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(30, 1), 10));
        Rig.Ask after = rig.ask(Asks.greedy(Asks.prompt(30, 1), 10));
        rig.step();
        assertThat(rig.status().queued()).isEqualTo(2);
        ask.cancel();
        rig.step();
        assertThat(rig.status().queued()).isEqualTo(1);
        assertThat(ask.first().started).isFalse();
        assertThat(ask.first().reason()).isEqualTo(FinishReason.CANCELLED);
        others.forEach(Rig.Ask::cancel);
        after.cancel();
        rig.step();
        others.add(after);
        assertOnlyTheMateIsLeft(others.toArray(Rig.Ask[]::new));
    }

    @Test
    void inPrefill() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(60, 1), 10));
        rig.steps(2);
        assertThat(ask.first().started).isTrue();
        assertThat(ask.first().tokens).isEmpty();
        ask.cancel();
        rig.step();
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void inDecode() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(10, 1), 100));
        rig.steps(10);
        assertThat(ask.first().tokens).isNotEmpty();
        ask.cancel();
        ask.cancel();
        int before = ask.first().tokens.size();
        rig.step();
        assertThat(ask.first().tokens).hasSize(before);
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void atTheLastToken() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(4, 1), 3));
        rig.steps(3);
        assertThat(ask.first().reason()).isEqualTo(FinishReason.LENGTH);
        ask.cancel();
        rig.step();
        assertThat(ask.first().reason()).as("it had ended before").isEqualTo(FinishReason.LENGTH);
        assertOnlyTheMateIsLeft();
    }

    @Test
    void whileTheStepThatDrawsTheLastTokenRuns() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(4, 1), 3));
        rig.steps(2);
        assertThat(ask.first().tokens).hasSize(2);
        rig.model.spy(batch -> ask.cancel());
        rig.step();
        rig.model.spy(batch -> {});
        assertThat(ask.first().tokens).as("nothing is delivered to who left").hasSize(2);
        rig.step();
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void whileParked() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(10, 1), 100), 3));
        rig.steps(10);
        assertThat(ask.first().tokens).hasSize(3);
        assertThat(rig.status().parked()).isEqualTo(1);
        ask.cancel();
        rig.step();
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void ofTheChoiceThatComputesThePrompt() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(40, 1), 20), 3);
        rig.steps(3);
        ask.handles().getFirst().cancel();
        rig.step();
        assertThat(ask.first().reason()).isEqualTo(FinishReason.CANCELLED);
        rig.run();
        rig.assertAsAlone(ask, 1, "took the pages over");
        rig.assertAsAlone(ask, 2, "forked from it");
        assertThat(rig.status().promptTokens())
                .as("nothing was computed again: 39 shared tokens, the last one of each, and the mate's")
                .isEqualTo(39 + 2 + 20);
        assertThat(ask.heard().get(1).finish().cachedTokens()).isZero();
        assertThat(ask.heard().get(2).finish().cachedTokens()).isEqualTo(39);
        rig.assertAsAlone(mate, "the mate");
        rig.assertIdle();
    }

    @Test
    void ofChoicesInTurnUntilNoneIsLeft() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(60, 1), 20), 3);
        for (SequenceHandle handle : ask.handles()) {
            rig.steps(2);
            handle.cancel();
        }
        rig.step();
        assertOnlyTheMateIsLeft(ask);
    }

    @Test
    void ofAForkBeforeItsFirstToken() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(10, 1), 20), 0), 3);
        ask.handles().getFirst().request(5);
        rig.steps(12);
        assertThat(ask.first().tokens).hasSize(5);
        assertThat(ask.heard().get(1).tokens).isEmpty();
        assertThat(rig.status().parked()).isEqualTo(3);
        ask.handles().get(1).cancel();
        rig.step();
        assertThat(ask.heard().get(1).reason()).isEqualTo(FinishReason.CANCELLED);
        ask.handles().getFirst().request(100);
        ask.handles().get(2).request(100);
        rig.run();
        rig.assertAsAlone(ask, 0, "went ahead");
        rig.assertAsAlone(ask, 2, "came later");
        rig.assertAsAlone(mate, "the mate");
        rig.assertIdle();
    }

    @Test
    void fromTheListenerItself() throws RefusedException {
        List<SequenceHandle> self = new ArrayList<>();
        Recorder heard = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                if (tokens.size() == 2) {
                    self.forEach(SequenceHandle::cancel);
                }
            }
        };
        self.addAll(rig.engine.submit(Asks.greedy(Asks.prompt(3, 1), 50), List.of(heard)));
        rig.steps(10);
        assertThat(heard.tokens).hasSize(2);
        assertThat(heard.reason()).isEqualTo(FinishReason.CANCELLED);
        assertOnlyTheMateIsLeft();
    }
}
