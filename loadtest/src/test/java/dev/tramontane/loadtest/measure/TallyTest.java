package dev.tramontane.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.loadtest.client.Continuation;
import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import dev.tramontane.loadtest.plan.Tenant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TallyTest {
    private static final long MS = 1_000_000;

    private static Outcome outcome(
            End end, Behaviour behaviour, long intended, long started, long[] events, long ended) {
        Ask ask = new Ask(0, () -> "", 9, Tenant.ANYONE, behaviour, List.of(1));
        for (int i = 0; i < events.length; i++) {
            events[i] *= MS;
        }
        return new Outcome(
                ask, end, "why", intended * MS, started * MS, events, ended * MS, 5, 4, "text", "", Continuation.NONE);
    }

    private static Summary of(Slo slo, boolean closed, Outcome... outcomes) {
        Tally tally = new Tally(slo, false, 0, 2);
        for (Outcome outcome : outcomes) {
            tally.started(outcome.intended(), outcome.started());
            tally.ended(outcome);
        }
        return tally.summary(1, closed);
    }

    /** Meant to start at 100 ms, sent at 150, text at 250, 260, 300, end at 310. */
    @Test
    void timesCountFromTheIntendedStart() {
        Summary summary = of(
                Slo.parse("--slo", ""),
                false,
                outcome(End.FINISHED, Behaviour.STEADY, 100, 150, new long[] {250, 260, 300}, 310));
        assertThat(summary.all().firstToken().sum()).isCloseTo(0.150, within(1e-9));
        assertThat(summary.all().whole().sum()).isCloseTo(0.210, within(1e-9));
        assertThat(summary.all().betweenTokens().count()).isEqualTo(2);
        assertThat(summary.all().betweenTokens().sum()).isCloseTo(0.050, within(1e-9));
        assertThat(summary.all().perToken().sum())
                .isCloseTo(0.050 / 3, within(1e-8)); // four tokens by the server's count
        assertThat(summary.late().sum()).isCloseTo(0.050, within(1e-9));
        assertThat(summary.seconds()).isCloseTo(0.310, within(1e-9));
    }

    @Test
    void goodputNeedsEveryLimitAndTheWholeAnswer() {
        Outcome quick = outcome(End.FINISHED, Behaviour.STEADY, 0, 0, new long[] {10, 20, 30}, 40);
        Outcome lateFirst = outcome(End.FINISHED, Behaviour.STEADY, 0, 0, new long[] {60, 70, 80}, 90);
        Outcome stalled = outcome(End.FINISHED, Behaviour.STEADY, 0, 0, new long[] {10, 20, 300}, 310);
        Outcome refused = outcome(End.REFUSED, Behaviour.STEADY, 0, 0, new long[] {}, 1);
        Outcome slow = outcome(End.FINISHED, Behaviour.SLOW, 0, 0, new long[] {10, 20, 30}, 40);
        Summary summary =
                of(Slo.parse("--slo", "ttft=50ms,gap=100ms"), false, quick, lateFirst, stalled, refused, slow);
        assertThat(summary.raw().met()).isEqualTo(1);
        assertThat(summary.raw().metShare()).isEqualTo(0.25);
        assertThat(summary.raw().firstToken().count()).isEqualTo(3); // neither the refused nor the slow reader
        assertThat(summary.reasons()).containsEntry("why", 1L);
        assertThat(of(Slo.parse("--slo", "e2e=35ms"), false, quick).raw().met()).isZero();
        assertThat(of(Slo.parse("--slo", "tpot=6ms"), false, quick).raw().met()).isZero();
        assertThat(of(Slo.parse("--slo", "tpot=7ms"), false, quick).raw().met()).isEqualTo(1);
    }

    /** Nine answers of 100 ms and one of a second: who had asked every 100 ms meanwhile would have waited 900, 800, ... ms. */
    @Test
    void aClosedLoopIsCorrectedForWhatNobodyAsked() {
        Outcome[] outcomes = new Outcome[10];
        for (int i = 0; i < 9; i++) {
            outcomes[i] = outcome(End.FINISHED, Behaviour.STEADY, 0, 0, new long[] {100}, 100);
        }
        outcomes[9] = outcome(End.FINISHED, Behaviour.STEADY, 0, 0, new long[] {1000}, 1000);
        Summary closed = of(Slo.parse("--slo", ""), true, outcomes);
        assertThat(closed.raw().whole().count()).isEqualTo(10);
        assertThat(closed.raw().whole().at(50)).isCloseTo(0.1, within(1e-3));
        assertThat(closed.all().whole().count()).isEqualTo(19);
        assertThat(closed.all().whole().at(75)).isCloseTo(0.6, within(2e-2));
        assertThat(of(Slo.parse("--slo", ""), false, outcomes).all().whole().count())
                .isEqualTo(10);
    }

    @Test
    void whatRunsAlsoRunsWhileNothingHappens() {
        Series series = new Series();
        series.started(0, 1);
        series.started(500 * MS, 2);
        series.ended(4500 * MS, 1, false);
        assertThat(series.slots().stream().map(Series.Slot::running)).containsExactly(2L, 2L, 2L, 2L, 2L);
        series.ended(5500 * MS, 0, false);
        series.started(8000 * MS, 1);
        assertThat(series.slots().stream().map(Series.Slot::running).skip(5)).containsExactly(1L, 0L, 0L, 1L);
    }

    @Test
    void memoryIsBoundedHoweverLongARunIs() {
        Tally tally = new Tally(Slo.parse("--slo", ""), false, 0, 3);
        for (long i = 0; i < 100_000; i++) {
            long at = i * 1000;
            tally.started(at * MS, at * MS);
            tally.ended(outcome(End.FINISHED, Behaviour.STEADY, at, at, new long[] {at + 1, at + 2}, at + 3));
        }
        Summary summary = tally.summary(1, false);
        assertThat(summary.slots()).hasSizeLessThanOrEqualTo(600);
        assertThat(summary.slots().stream().mapToLong(Series.Slot::started).sum())
                .isEqualTo(100_000);
        assertThat(summary.slots().stream().mapToLong(Series.Slot::tokens).sum())
                .isEqualTo(200_000);
        assertThat(summary.points()).hasSize(2000);
        assertThat(summary.points().stream()
                        .mapToDouble(Summary.Point::start)
                        .max()
                        .orElseThrow())
                .isGreaterThan(50_000); // a sample of all, not the first
        assertThat(tally.kept()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ttft", "ttft=", "ttft=5", "ttft=5ms,ttft=6ms", "x=5ms", "ttft=-1s", ","})
    void objectivesThatAreNoneAreRefused(String text) {
        assertThatThrownBy(() -> Slo.parse("--slo", text))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageStartingWith("--slo must be");
    }
}
