package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Deadlines and priorities. The clock is the test's own: nothing here waits. */
final class UrgencyTest {
    private static final long MILLI = 1_000_000;
    private static final Tenant KEY = new Tenant("key", 90);

    private final FakeModel model = FakeModel.of(50, 16);

    private Rig rig(int lanes, int slots) {
        return new Rig(model, Asks.config(lanes, 40, 4, 400, slots));
    }

    /** Two milliseconds for a step and one for each of its rows. */
    private Rig timed(int lanes, int slots) {
        Rig rig = new Rig(model, Asks.config(lanes, 40, 4, 400, slots).withStepNanos(40 * MILLI));
        model.spy(batch -> rig.nanos.addAndGet(2 * MILLI + MILLI * batch.rows()));
        return rig;
    }

    private static Submission until(long nanos, Submission submission) {
        return Asks.of(Tenant.COMMON, new Urgency(0, OptionalLong.of(nanos)), submission);
    }

    private static Submission urgent(Tenant tenant, int priority, Submission submission) {
        return Asks.of(tenant, new Urgency(priority, OptionalLong.empty()), submission);
    }

    @Test
    void whoRunsIsEndedByTheFirstStepAfterHisDeadline() throws RefusedException {
        Rig rig = rig(4, 4);
        Rig.Ask ask = rig.ask(until(5 * MILLI, Asks.greedy(Asks.prompt(3, 1), 300)), 2);
        Rig.Ask other = rig.ask(Asks.greedy(Asks.prompt(3, 2), 30));
        rig.steps(5);
        assertThat(ask.over()).isFalse();
        int had = ask.first().tokens.size();
        rig.step();
        for (Recorder heard : ask.heard()) {
            assertThat(heard.reason()).isEqualTo(FinishReason.DEADLINE);
            assertThat(heard.finish().generatedTokens()).isEqualTo(had).isPositive();
        }
        rig.run().assertAsAlone(other, "beside one that was ended");
        rig.assertIdle();
    }

    @Test
    void whoWaitsOrIsParkedIsEndedToo() throws RefusedException {
        Rig rig = rig(1, 1);
        Rig.Ask parked = rig.ask(until(50 * MILLI, Asks.demand(Asks.greedy(Asks.prompt(3, 1), 9), 2)));
        Rig.Ask queued = rig.ask(until(40 * MILLI, Asks.greedy(Asks.prompt(3, 2), 9)));
        rig.run();
        assertThat(rig.status().parked()).isEqualTo(1);
        assertThat(rig.status().queued()).isEqualTo(1);
        rig.nanos.set(40 * MILLI);
        rig.step();
        assertThat(queued.first().finish()).isEqualTo(new Finish(FinishReason.DEADLINE, -1, 3, 0, 0, ""));
        assertThat(queued.first().started).isFalse();
        assertThat(parked.over()).isFalse();
        rig.nanos.set(50 * MILLI);
        rig.step();
        assertThat(parked.first().reason()).isEqualTo(FinishReason.DEADLINE);
        assertThat(parked.first().tokens).hasSize(2);
        rig.assertIdle();
    }

    /** Nobody raises the signal when time passes: the engine sleeps no longer than to the nearest deadline. */
    @Test
    void aRestingEngineWakesForADeadline() throws Exception {
        EngineSignal signal = new EngineSignal();
        signal.await(1); // Returns though nobody raised it.
        EngineLoop engine = new EngineLoop(model, Asks.config(1, 8, 4, 100, 1), EngineObserver.NONE, System::nanoTime);
        Recorder heard = new Recorder();
        engine.start();
        try {
            // Of no demand: it parks, and nothing else will ever happen.
            Submission parks = Asks.demand(Asks.greedy(Asks.prompt(3, 1), 9), 0);
            for (long ahead = 100 * MILLI; !submitted(engine, until(System.nanoTime() + ahead, parks), heard); ) {
                ahead *= 2; // A busy machine had let it pass before it was asked.
            }
            assertThat(heard.ended.await(3, TimeUnit.MINUTES)).isTrue();
            assertThat(heard.reason()).isEqualTo(FinishReason.DEADLINE);
        } finally {
            engine.close();
        }
    }

    private static boolean submitted(EngineLoop engine, Submission submission, Recorder heard) {
        try {
            engine.submit(submission, List.of(heard));
            return true;
        } catch (RefusedException late) {
            assertThat(late.refusal()).isEqualTo(Cause.LATE);
            return false;
        }
    }

    @Test
    void whoHasEndedIsForgotten() throws RefusedException {
        Rig rig = rig(2, 2);
        for (int i = 0; i < 50; i++) {
            Rig.Ask ask = rig.ask(until(rig.nanos.get() + 3_600_000 * MILLI, Asks.greedy(Asks.prompt(3, i), 2)));
            if (i % 3 == 0) {
                ask.cancel();
            }
            rig.run(); // Checks the books after every step.
        }
    }

    /** By the measured rates. */
    @Test
    void whatCannotBeMetIsRefusedAtOnceWithWhenToComeBack() throws RefusedException {
        Rig rig = timed(1, 1);
        rig.ask(Asks.greedy(Asks.prompt(80, 1), 3));
        rig.run();
        rig.ask(Asks.greedy(Asks.prompt(3, 1), 300));
        for (int i = 0; i < 8; i++) {
            rig.ask(Asks.greedy(Asks.prompt(3, i), 300));
        }
        rig.steps(5);
        Submission wants = Asks.greedy(Asks.prompt(40, 7), 3);
        Outlook outlook = rig.engine.capacity().outlook(Tenant.COMMON, 0, 40, 3, 1);
        assertThat(outlook.verdict()).isEqualTo(Outlook.Verdict.WAITS);
        long expected = (long) outlook.nanosToFirstToken();
        assertThat(expected).isPositive();
        long now = rig.nanos.get();
        int waiting = rig.engine.capacity().waitingRequests();
        RefusedException refused =
                catchThrowableOfType(RefusedException.class, () -> rig.ask(until(now + expected - 1, wants)));
        assertThat(refused.refusal()).isEqualTo(Cause.LATE);
        assertThat(refused.retryAfterSeconds()).isPositive();
        assertThat(refused).hasMessageContaining("the first token is expected in");
        assertThat(rig.engine.capacity().waitingRequests()).isEqualTo(waiting);
        Rig.Ask taken = rig.ask(until(now + 2 * expected, wants));
        rig.run();
        assertThat(taken.over()).isTrue();
    }

    /** What is expected is what happens: neither half nor twice of it, on a machine whose times are those of its rows. */
    @Test
    void theFirstTokenComesWhenItIsExpected() throws RefusedException {
        for (int waiting : new int[] {0, 1, 5, 20}) {
            Rig rig = timed(4, 4);
            for (int i = 0; i < 6; i++) {
                rig.ask(Asks.greedy(Asks.prompt(60, i), 50));
            }
            rig.run();
            for (int i = 0; i < waiting + 3; i++) {
                rig.ask(Asks.greedy(Asks.prompt(60, i), 50));
            }
            rig.steps(3);
            double expected =
                    rig.engine.capacity().outlook(Tenant.COMMON, 0, 200, 5, 1).nanosToFirstToken();
            long begun = rig.nanos.get();
            Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(200, 3), 5));
            while (ask.first().tokens.isEmpty()) {
                rig.step();
            }
            assertThat((rig.nanos.get() - begun) / expected)
                    .as("beside %d that wait", waiting)
                    .isBetween(0.5, 2.0);
        }
    }

    /** A deadline that the prompt alone would not keep: no time to come back helps. */
    @Test
    void whatItsPromptAloneTakesLongerThanIsRefusedForGood() throws RefusedException {
        Rig rig = timed(1, 1);
        rig.ask(Asks.greedy(Asks.prompt(120, 1), 3));
        rig.run();
        RefusedException refused = catchThrowableOfType(
                RefusedException.class,
                () -> rig.ask(until(rig.nanos.get() + MILLI / 1000, Asks.greedy(Asks.prompt(380, 7), 3))));
        assertThat(refused.refusal()).isEqualTo(Cause.LATE);
        assertThat(refused.retryAfterSeconds()).isZero();
        RefusedException passed = catchThrowableOfType(
                RefusedException.class, () -> rig.ask(until(rig.nanos.get(), Asks.greedy(Asks.prompt(3, 7), 3))));
        assertThat(passed).hasMessageContaining("has passed");
    }

    /** Before anything is measured, nobody is turned away by a guess. */
    @Test
    void withoutMeasurementsEverybodyIsTaken() throws RefusedException {
        Rig rig = rig(1, 1);
        Rig.Ask ask = rig.ask(until(10 * MILLI, Asks.greedy(Asks.prompt(380, 1), 3)));
        rig.step();
        assertThat(ask.first().started).isTrue();
    }

    @Test
    void theLowerPriorityIsAdmittedFirstAndEqualsInTheirOrder() throws RefusedException {
        Rig rig = rig(1, 1);
        List<Integer> order = new ArrayList<>();
        int[] priorities = {0, 5, -3, 0, -3, 1000, -1000};
        List<Rig.Ask> asks = new ArrayList<>();
        rig.ask(Asks.greedy(Asks.prompt(3, 1), 5));
        rig.step();
        for (int i = 0; i < priorities.length; i++) {
            asks.add(rig.ask(urgent(Tenant.COMMON, priorities[i], Asks.greedy(Asks.prompt(3, i), 3))));
        }
        while (order.size() < asks.size()) {
            rig.step();
            for (int i = 0; i < asks.size(); i++) {
                if (asks.get(i).first().started && !order.contains(i)) {
                    order.add(i);
                }
            }
        }
        assertThat(order).containsExactly(6, 2, 4, 0, 3, 1, 5);
        rig.run();
        asks.forEach(ask -> rig.assertAsAlone(ask, "whatever the order"));
    }

    /** However many urgent ones keep coming, whoever has waited longest is passed a number of times and no more. */
    @Test
    void noPriorityStarvesAnother() throws RefusedException {
        Rig rig = rig(1, 1);
        rig.ask(Asks.greedy(Asks.prompt(3, 1), 2));
        rig.step();
        List<Rig.Ask> patient = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            patient.add(rig.ask(urgent(Tenant.COMMON, 7, Asks.greedy(Asks.prompt(3, i), 2))));
        }
        List<Rig.Ask> urgent = new ArrayList<>();
        for (int done = 0; done < 3; done++) {
            int before = started(urgent);
            while (!patient.get(done).first().started) {
                while (urgent.size() - started(urgent) < 3) {
                    urgent.add(rig.ask(urgent(Tenant.COMMON, -7, Asks.greedy(Asks.prompt(3, urgent.size()), 2))));
                }
                rig.step();
            }
            assertThat(started(urgent) - before).isEqualTo(WaitingLine.PASSES);
        }
        rig.run().assertIdle();
    }

    private static int started(List<Rig.Ask> asks) {
        return (int) asks.stream().filter(ask -> ask.first().started).count();
    }

    /** A key's priorities are its own affair: another waits exactly as long as if there were none. */
    @Test
    void priorityMovesNobodyBeforeAnotherTenant() throws RefusedException {
        Tenant other = new Tenant("other", 90);
        List<Integer> steps = new ArrayList<>();
        for (int priority : new int[] {0, -1000}) {
            Rig rig = rig(2, 2);
            for (int i = 0; i < 40; i++) {
                rig.ask(urgent(KEY, priority, Asks.greedy(Asks.prompt(50, i), 20)));
            }
            rig.steps(5);
            Rig.Ask ask = rig.ask(urgent(other, 0, Asks.greedy(Asks.prompt(100, 3), 3)));
            int begun = rig.steps;
            while (ask.first().tokens.isEmpty()) {
                rig.step();
            }
            steps.add(rig.steps - begun);
        }
        assertThat(steps.get(1)).isEqualTo(steps.get(0));
    }

    /** Among prompts that are computed already, too; the oldest moves in one step of so many. */
    @Test
    void theMoreUrgentPromptGetsTheRows() throws RefusedException {
        Rig rig = rig(4, 4);
        Rig.Ask patient = rig.ask(urgent(KEY, 1, Asks.greedy(Asks.prompt(390, 1), 3)));
        rig.step();
        Rig.Ask hurried = rig.ask(urgent(KEY, 0, Asks.greedy(Asks.prompt(390, 2), 3)));
        while (hurried.first().tokens.isEmpty()) {
            rig.step();
        }
        assertThat(patient.first().tokens).isEmpty();
        assertThat(rig.steps).isLessThanOrEqualTo(12);
        rig.run().assertAsAlone(patient, "passed by one");
        Rig crowd = rig(2, 3);
        Rig.Ask oldest = crowd.ask(urgent(KEY, 1, Asks.greedy(Asks.prompt(390, 1), 3)));
        crowd.step();
        int steps = 0;
        List<Rig.Ask> others = new ArrayList<>();
        while (oldest.first().tokens.isEmpty()) {
            if (others.stream().filter(ask -> !ask.over()).count() < 2) {
                others.add(crowd.ask(urgent(KEY, 0, Asks.greedy(Asks.prompt(390, others.size()), 1))));
            }
            crowd.step();
            assertThat(++steps).isLessThanOrEqualTo((390 / 40 + 1) * Scheduler.ORDERLY);
        }
    }
}
