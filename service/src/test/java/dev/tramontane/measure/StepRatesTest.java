package dev.tramontane.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** On a model that refuses a row whose earlier positions are not in its pages, and pages that two slots write. */
class StepRatesTest {
    private static final int SLOTS = 3;
    private static final int ROWS = 8;
    private static final int CONTEXT = 200;

    private static final EngineConfig SIZES = new EngineConfig(
            new EngineConfig.Step(SLOTS, ROWS, SLOTS),
            new EngineConfig.Cache(16, CacheType.F16, 1),
            new EngineConfig.Admission(SLOTS, CONTEXT, 1, 1, 1));

    private final AtomicInteger steps = new AtomicInteger();
    private final AtomicInteger rows = new AtomicInteger();
    private final AtomicLong clock = new AtomicLong();

    private StepRates rates(int... windows) {
        FakeModel model = FakeModel.of(97, windows);
        long bytes = CachePlan.bytesFor(model.geometry(), SIZES, CONTEXT, SLOTS);
        CacheShape shape =
                CachePlan.of(model.geometry(), SIZES.withCacheBytes(bytes)).shape();
        StepRates made = new StepRates(model, shape, clock::get);
        model.spy(batch -> {
            steps.incrementAndGet();
            rows.addAndGet(batch.rows());
            clock.addAndGet(1000);
        });
        return made;
    }

    private void took(long nanos, int expectedSteps, int expectedRows, int allSteps) {
        assertThat(nanos).as("nanoseconds: the measured steps").isEqualTo(1000L * expectedSteps);
        assertThat(rows.getAndSet(0)).as("rows").isEqualTo(expectedRows);
        assertThat(steps.getAndSet(0)).as("steps").isEqualTo(allSteps);
    }

    @Test
    void whatIsBeforeIsComputedOnceAndNotMeasured() {
        StepRates rates = rates(0);
        took(rates.prefill(20, 0), 3, 20, 3);
        took(rates.decode(3, 5, 0), 5, 15, 5);
        took(rates.prefill(20, 40), 3, 40 + 1 + 20, 5 + 1 + 3);
        took(rates.prefill(20, 40), 3, 20, 3);
        took(rates.decode(2, 5, 40), 5, 10, 5);
        took(rates.decode(3, 5, 40), 5, 15, 5);
        took(rates.decode(1, 7, 24), 7, 24 + 1 + 7, 3 + 1 + 7);
    }

    /** A ring that has come round has lost what a second measurement would see. */
    @Test
    void ringsThatCameRoundAreFilledAnew() {
        StepRates rates = rates(20, 0);
        took(rates.decode(3, 50, 100), 50, 100 + 1 + 150, 13 + 1 + 50);
        took(rates.decode(3, 50, 100), 50, 100 + 1 + 150, 13 + 1 + 50);
        took(rates.prefill(60, 100), 8, 100 + 1 + 60, 13 + 1 + 8);
        took(rates.prefill(60, 100), 8, 100 + 1 + 60, 13 + 1 + 8);
    }

    @Test
    void aCacheThatDoesNotHoldAllIsRefused() {
        FakeModel model = FakeModel.of(97, 0);
        long bytes = CachePlan.bytesFor(model.geometry(), SIZES, CONTEXT, SLOTS - 1);
        CacheShape shape =
                CachePlan.of(model.geometry(), SIZES.withCacheBytes(bytes)).shape();
        assertThatThrownBy(() -> new StepRates(model, shape, clock::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("do not hold 3 rings");
        assertThatThrownBy(() -> rates(0).decode(4, 1, 0)).hasMessage("4 sequences, but a step takes 3");
    }
}
