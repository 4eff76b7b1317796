package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What readers who stand still cost a step, counted. */
final class ParkedSequencesTest {
    private static final int STALLED = 500;

    /** Steps and looks at sequences that four lively answers take beside so many parked ones. */
    private static long lively(int stalled) throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(4, 16, 4, 60, STALLED + 4));
        for (int i = 0; i < stalled; i++) {
            rig.ask(Asks.demand(Asks.greedy(Asks.prompt(5, i), 50), i % 3));
        }
        rig.run();
        assertThat(rig.status().parked()).isEqualTo(stalled);
        long looks = rig.engine.looks();
        List<Rig.Ask> lively = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lively.add(rig.ask(Asks.greedy(Asks.prompt(5, 1000 + i), 50)));
        }
        rig.run();
        for (Rig.Ask ask : lively) {
            rig.assertAsAlone(ask, "lively");
        }
        assertThat(rig.status().parked()).isEqualTo(stalled);
        return rig.engine.looks() - looks;
    }

    @Test
    void aStepLooksAtWhatRunsAndNeverAtTheParked() throws RefusedException {
        long alone = lively(0);
        assertThat(lively(STALLED)).as("looks").isLessThan(alone + STALLED); // Not one at each in some fifty steps.
        assertThat(alone).isPositive();
    }

    /** The prompt of several choices is parked while none has demand, and any of them wakes it, also after the leader left. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void demandOfAnyChoiceWakesTheirPrompt(int wanted) throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(4, 16, 4, 60, 4));
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(9, 1), 5), 0), 3);
        assertThat(rig.step()).isFalse();
        assertThat(rig.status().parked()).isEqualTo(1);
        if (wanted > 0) {
            ask.handles().getFirst().cancel();
            assertThat(rig.step()).isFalse();
        }
        ask.handles().get(wanted).request(2);
        rig.run();
        assertThat(ask.heard().get(wanted).tokens).hasSize(2);
        ask.request(10);
        rig.run();
        for (int choice = wanted > 0 ? 1 : 0; choice < 3; choice++) {
            rig.assertAsAlone(ask, choice, "choice " + choice);
        }
        rig.assertIdle();
    }

    /** Who is woken and parked after every token comes no sooner than whoever just runs. */
    @Test
    void wakingIsNoWayToTheFront() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 60, 3));
        Rig.Ask restless = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(2, 1), 40), 1));
        rig.run();
        Rig.Ask steady = rig.ask(Asks.greedy(Asks.prompt(2, 2), 40));
        for (int i = 0; i < 20; i++) {
            restless.request(1);
            rig.step();
        }
        assertThat(steady.first().tokens).hasSizeGreaterThanOrEqualTo(8);
        assertThat(restless.first().tokens).hasSizeGreaterThanOrEqualTo(8);
    }

    /** Demand whose word to the engine is lost for want of stack is found by its mark. */
    @Test
    void demandThatDiesIsFound() throws Exception {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 60, 3));
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(2, 1), 40), 1));
        rig.run();
        HandOverTest.atTheEndOfTheStack(() -> ask.request(39));
        rig.run();
        rig.assertAsAlone(ask, "demanded with hardly any stack");
    }

    /** What the parked have left counts as before towards what newcomers wait for. */
    @Test
    void whatTheParkedHaveLeftIsWorkAhead() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(4, 16, 4, 60, 8));
        Rig.Ask done = rig.ask(Asks.greedy(Asks.prompt(5, 9), 20));
        rig.run().assertAsAlone(done, "measured");
        for (int i = 0; i < 3; i++) {
            rig.ask(Asks.demand(Asks.greedy(Asks.prompt(5, i), 8), i)); // 0, 1 and 2 tokens are there.
        }
        rig.run();
        Backlog backlog = rig.engine.books().backlog();
        assertThat(backlog.sequences()).isEqualTo(3);
        assertThat(backlog.promptTokens()).isEqualTo(5);
        assertThat(backlog.generatedTokens()).isCloseTo(8 + 7 + 6, within(1e-9));
    }
}
