package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarmUpTest {
    private static final int TOKEN = 1;

    private final FakeModel model = FakeModel.of(50, 0, 8);
    private final List<Integer> steps = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private final EngineObserver observer = new EngineObserver() {
        @Override
        public void queued() {
            seen.add("queued");
        }

        @Override
        public void started(long queueNanos) {
            seen.add("started");
        }

        @Override
        public void firstToken(long nanos) {
            seen.add("token");
        }

        @Override
        public void finished(FinishReason reason, int promptTokens, int generatedTokens, Phases phases) {
            seen.add("finished");
        }

        @Override
        public void step(int rows, int sequences, long nanos) {
            seen.add("step");
        }

        @Override
        public void books(EngineStatus status) {
            seen.add("books");
        }
    };

    private Rig rig(int lanes, int budget, int context, long stepNanos) {
        return new Rig(
                model,
                new EngineConfig(
                        new EngineConfig.Step(lanes, budget, lanes, stepNanos),
                        new EngineConfig.Cache(4, CacheType.F32, 1L << 22),
                        new EngineConfig.Admission(4, context, 2, 8, 1 << 16)),
                observer);
    }

    private static Submission of(int... prompt) {
        return new Submission(prompt, 6, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE);
    }

    @Test
    void computesPromptsInChunksAndTokensAndLeavesNothing() throws Exception {
        Rig rig = rig(4, 256, 200, 100_000_000);
        model.spy(batch -> steps.add(batch.rows()));
        rig.engine.warmUp(TOKEN);
        assertThat(steps).containsExactly(32, 32, 1, 1);
        assertThat(seen).isEmpty();
        rig.assertIdle();
        assertThat(rig.status()).isEqualTo(rig(4, 256, 200, 100_000_000).status());

        steps.clear();
        Rig.Ask ask = rig.ask(of(3, 1, 4, 1, 5));
        rig.run();
        rig.assertAsAlone(ask, "after the warm-up");
        assertThat(rig.status().promptTokens()).isEqualTo(5);
        assertThat(rig.status().generatedTokens()).isEqualTo(6);
        assertThat(steps).as("the first chunk is one of an unknown machine").startsWith(5);
    }

    /** What it computed is overwritten like any freed page, also in rings that have turned. */
    @Test
    void thoseWhoComeAfterItAreServedAsAlone() throws Exception {
        Rig rig = rig(4, 16, 200, 0);
        rig.engine.warmUp(TOKEN);
        List<Rig.Ask> asks = new ArrayList<>();
        for (int first = 0; first < 4; first++) {
            asks.add(rig.ask(of(first, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN)));
        }
        rig.run();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "after the warm-up");
        }
        rig.assertIdle();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "1, 1, 3", "1, 4, 70", "4, 4, 64", "2, 8, 65"})
    void fitsWhateverFits(int lanes, int budget, int context) {
        Rig rig = rig(lanes, budget, context, 1_000_000);
        model.spy(batch -> steps.add(batch.rows()));
        rig.engine.warmUp(TOKEN);
        int rows = steps.stream().mapToInt(Integer::intValue).sum();
        assertThat(rows).as("the last token's row is not computed").isBetween(1, context - 1);
        rig.assertIdle();
    }

    @Test
    void whatComputesNoNumbersIsRefused() {
        model.poison(TOKEN);
        assertThatThrownBy(() -> rig(4, 256, 200, 0).engine.warmUp(TOKEN))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("does not work")
                .hasMessageContaining("not a number");
    }

    @Test
    void aDeviceThatFailsIsFound() {
        Rig rig = rig(4, 256, 200, 0);
        model.failAwait("the device fell off the bus");
        assertThatThrownBy(() -> rig.engine.warmUp(TOKEN))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("fell off the bus");
    }

    @Test
    void comesBeforeTheThread() {
        EngineLoop engine = rig(4, 256, 200, 0).engine;
        engine.start();
        assertThatThrownBy(() -> engine.warmUp(TOKEN)).isInstanceOf(IllegalStateException.class);
        engine.close();
    }

    /** Windowed layers have few pages, the others many: who is let in is decided by the fuller group. */
    @Test
    void theShareOfTheCacheIsThatOfTheFullestGroup() throws Exception {
        Rig rig = rig(1, 8, 64, 0);
        Rig.Ask ask = rig.ask(of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
        rig.step();
        CachePlan plan = rig.engine.plan();
        double most = 0;
        for (int group = 0; group < 2; group++) {
            most = Math.max(
                    most,
                    (double) plan.pages(group, 18)
                            / plan.shape().groups().get(group).pages());
        }
        assertThat(rig.status().reservedRatio()).isCloseTo(most, within(1e-9));
        assertThat(rig.status().usedRatio()).isPositive().isLessThanOrEqualTo(most);
        ask.cancel();
        rig.run();
        assertThat(rig.status().reservedRatio()).isZero();
    }
}
