package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Promise 3: demand reaches the scheduler. */
final class DemandTest {

    @Test
    void aHundredStalledReadersCostTwoLivelyOnesNothing() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(4, 16, 4, 400, 102));
        List<Rig.Ask> stalled = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            stalled.add(rig.ask(Asks.demand(Asks.greedy(Asks.prompt(10, i), 300), 4)));
        }
        rig.run();
        assertThat(rig.status().parked()).isEqualTo(100);
        assertThat(rig.status().running()).isZero();
        int pages = rig.status().pagesUsed();
        Rig.Ask one = rig.ask(Asks.greedy(Asks.prompt(8, 200), 300));
        Rig.Ask two = rig.ask(Asks.greedy(Asks.prompt(8, 201), 300));
        int before = rig.steps;
        rig.run();
        // Prefill in one step, then a token in every step: as if they were alone.
        assertThat(rig.steps - before).isLessThanOrEqualTo(303);
        rig.assertAsAlone(one, "one");
        rig.assertAsAlone(two, "two");
        assertThat(rig.status().pagesUsed()).as("the stalled keep their pages").isEqualTo(pages);
        for (Rig.Ask ask : stalled) {
            assertThat(ask.first().tokens).hasSize(4);
            ask.request(Long.MAX_VALUE);
        }
        rig.run();
        for (Rig.Ask ask : stalled) {
            rig.assertAsAlone(ask, "stalled");
        }
        rig.assertIdle();
    }

    @Test
    void withoutDemandNotEvenThePromptIsComputed() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 100, 2));
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(10, 1), 5), 0));
        assertThat(rig.step()).isFalse();
        assertThat(ask.first().started).isTrue();
        assertThat(rig.status().parked()).isEqualTo(1);
        ask.request(1);
        rig.run();
        assertThat(ask.first().tokens).hasSize(1);
    }

    @Test
    void scoringAPromptNeedsNoDemand() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 100, 2));
        Rig.Ask ask = rig.ask(Asks.demand(Asks.scored(Asks.prompt(10, 1), 0), 0));
        rig.run().assertAsAlone(ask, "scored");
        assertThat(ask.first().prompt).hasSize(9);
    }

    @Test
    void demandSaturates() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 100, 1));
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(10, 1), 50), Long.MAX_VALUE - 1));
        ask.request(Long.MAX_VALUE);
        ask.request(5);
        rig.run().assertAsAlone(ask, "unlimited");
        assertThatThrownBy(() -> ask.request(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ask.request(-3)).isInstanceOf(IllegalArgumentException.class);
    }

    /** An end token is not delivered, but drawing it takes demand like any other token. */
    @Test
    void anEndTokenWaitsForDemandToo() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 100, 1));
        int[] prompt = Asks.prompt(10, 1);
        Rig.Ask free = rig.ask(Asks.greedy(prompt, 4));
        rig.run();
        int third = free.first().tokens.get(2);
        int before = free.first().tokens.indexOf(third);
        Submission ending = new Submission(
                prompt, 50, 0, java.util.Set.of(third), dev.tramontane.model.Sampling.GREEDY, -1, -1, before);
        Rig.Ask ask = rig.ask(ending);
        rig.run();
        assertThat(ask.over()).isFalse();
        ask.request(1);
        rig.run();
        assertThat(ask.first().finish()).isEqualTo(new Finish(FinishReason.STOP, third, 10, 9, before + 1, ""));
    }

    @Test
    void requestsFromWithinTheListenerAreEnough() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(1, 16, 4, 100, 1));
        List<SequenceHandle> self = new ArrayList<>();
        Recorder heard = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                self.getFirst().request(1);
            }
        };
        Submission submission = Asks.demand(Asks.greedy(Asks.prompt(10, 1), 30), 1);
        self.addAll(rig.engine.submit(submission, List.of(heard)));
        rig.run().assertAsAlone(new Rig.Ask(submission, List.of(heard), self), "one by one");
    }
}
