package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EngineObserverTest {

    @Test
    void seesALife() throws RefusedException {
        List<String> seen = new ArrayList<>();
        List<EngineStatus> books = new ArrayList<>();
        EngineObserver observer = new EngineObserver() {
            @Override
            public void queued() {
                seen.add("queued");
            }

            @Override
            public void started(long queueNanos) {
                seen.add("started " + queueNanos);
            }

            @Override
            public void firstToken(long nanos) {
                seen.add("first " + nanos);
            }

            @Override
            public void nextToken(long nanos) {
                seen.add("next " + nanos);
            }

            @Override
            public void finished(FinishReason reason, int promptTokens, int generatedTokens, Phases phases) {
                seen.add("finished " + reason + " " + promptTokens + " " + generatedTokens + " " + phases);
            }

            @Override
            public void requestEnded(int choices, int maxTokens, int mostGenerated) {
                seen.add("ended " + choices + " " + maxTokens + " " + mostGenerated);
            }

            @Override
            public void refused(RefusedException.Cause cause) {
                seen.add("refused " + cause);
            }

            @Override
            public void step(int rows, int sequences, long nanos) {
                seen.add("step " + rows + " " + sequences + " " + nanos + " "
                        + books.getLast().generatedTokens());
            }

            @Override
            public void books(EngineStatus status) {
                books.add(status);
            }
        };
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, Asks.config(1, 8, 4, 100, 1), observer);
        model.spy(batch -> rig.nanos.addAndGet(5));
        rig.ask(Asks.greedy(Asks.prompt(10, 1), 3));
        rig.nanos.addAndGet(7);
        // The rig's own clock moves a million a step.
        rig.run();
        assertThat(catchThrowableOfType(RefusedException.class, () -> rig.ask(Asks.greedy(Asks.prompt(101, 1), 1))))
                .isNotNull();
        Rig.Ask gone = rig.ask(Asks.greedy(Asks.prompt(10, 1), 3));
        gone.cancel();
        rig.step();
        assertThat(seen)
                .containsExactly(
                        "queued",
                        "started 7",
                        "step 8 1 5 0",
                        "first 1000017",
                        "step 2 1 5 1",
                        "next 1000005",
                        "step 1 1 5 2",
                        "next 1000005",
                        "finished LENGTH 10 3 Phases[queue=7, prefill=1000010, decode=2000010, total=3000027]",
                        "ended 1 3 3",
                        "step 1 1 5 3",
                        "refused TOO_LARGE",
                        "queued",
                        "finished CANCELLED 10 0 Phases[queue=0, prefill=0, decode=0, total=0]",
                        "ended 1 3 0");
        EngineStatus status = rig.status();
        assertThat(books.getLast()).as("also what changed between steps").isEqualTo(status);
        assertThat(status.steps()).isEqualTo(4);
        assertThat(status.promptTokens()).isEqualTo(10);
        assertThat(status.generatedTokens()).isEqualTo(3);
        assertThat(status.pagesTotal()).isEqualTo(25);
    }

    @Test
    void aSharedPromptCountsOnceAndItsLastTokenForEachChoice() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 0), Asks.config(4, 8, 4, 100, 4));
        rig.ask(Asks.greedy(Asks.prompt(10, 1), 3), 3);
        rig.run();
        assertThat(rig.status().promptTokens()).isEqualTo(9 + 3);
        assertThat(rig.status().generatedTokens()).isEqualTo(9);
    }
}
