package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One tenant floods the engine; another asks beside him. Everything is counted in steps and places. */
final class FairnessTest {
    private static final Tenant FLOOD = new Tenant("flood", 50);
    private static final Tenant GUEST = new Tenant("guest", 50);
    private static final int BUDGET = 40;
    private static final int LANES = 8;
    private static final long MILLI = 1_000_000;

    private static Submission of(Tenant tenant, Submission s) {
        return Asks.of(tenant, Urgency.NONE, s);
    }

    private static Rig rig() {
        return new Rig(FakeModel.of(50, 16), Asks.config(LANES, BUDGET, 4, 400, 16));
    }

    /** Requests that never let the engine rest, so many at once. */
    private static List<Rig.Ask> flood(Rig rig, Tenant tenant, int count, int prompt) throws RefusedException {
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            asks.add(rig.ask(of(tenant, Asks.greedy(Asks.prompt(prompt, i), 200))));
        }
        return asks;
    }

    private static int stepsToFirstToken(Rig rig, Tenant tenant, int prompt) throws RefusedException {
        return stepsToFirstToken(rig, tenant, prompt, 99);
    }

    /** @param seed of the prompt: what was computed before would be found again */
    private static int stepsToFirstToken(Rig rig, Tenant tenant, int prompt, int seed) throws RefusedException {
        Rig.Ask ask = rig.ask(of(tenant, Asks.greedy(Asks.prompt(prompt, seed), 3)));
        int begun = rig.steps;
        while (ask.first().tokens.isEmpty()) {
            rig.step();
            assertThat(rig.steps).as("a guard against waiting for ever").isLessThan(100_000);
        }
        return rig.steps - begun;
    }

    /**
     * Whatever the flood is made of: who comes when it has begun has his first token after as many steps as if he were alone,
     * of which each has a few rows less, those that the flood decodes. So it is for prompts that fit into the head start.
     */
    @ParameterizedTest
    @ValueSource(ints = {20, 100, 199, 380})
    void aFloodCostsAnothersFirstTokenTheRowsThatItDecodes(int prompt) throws RefusedException {
        int alone = stepsToFirstToken(rig(), GUEST, prompt);
        assertThat(alone).isEqualTo(Math.ceilDiv(prompt, BUDGET));
        for (int floodPrompt : new int[] {2, 30, 190}) {
            for (int before : new int[] {1, 2, 7, 20, 60}) {
                FakeModel model = FakeModel.of(50, 16);
                Rig rig = new Rig(model, Asks.config(LANES, BUDGET, 4, 400, 16));
                flood(rig, FLOOD, 60, floodPrompt);
                rig.steps(before);
                AtomicInteger prompts = new AtomicInteger();
                model.spy(batch -> prompts.accumulateAndGet(
                        (int) IntStream.range(0, batch.spans())
                                .filter(span -> batch.spanRows(span) > 1)
                                .count(),
                        Math::max));
                int beside = stepsToFirstToken(rig, GUEST, prompt);
                assertThat(beside)
                        .as("flood of prompts of %d, after %d steps; alone it takes %d", floodPrompt, before, alone)
                        .isLessThanOrEqualTo(Math.ceilDiv(prompt, BUDGET - (LANES - 1)));
                assertThat(prompts).as("prompts in a step").hasValue(1);
            }
        }
    }

    /** With steps as wide as they are by default that is one step at most, and again whenever he comes after a while. */
    @Test
    void withStepsOfUsualSizeThatIsAStepAtMost() throws RefusedException {
        EngineConfig usual = Asks.config(16, 256, 16, 600, 32);
        int seed = 100;
        for (int prompt : new int[] {1, 20, 200, 256, 400, FairRows.HEAD_START}) {
            int alone = stepsToFirstToken(new Rig(FakeModel.of(50, 16), usual), GUEST, prompt);
            Rig rig = new Rig(FakeModel.of(50, 16), usual);
            List<Rig.Ask> flood = flood(rig, FLOOD, 300, 300);
            for (int times = 0; times < 5; times++) {
                rig.steps(30); // Of which the flood has more rows than the guest had at once.
                long had = admitted(flood);
                assertThat(stepsToFirstToken(rig, GUEST, prompt, ++seed))
                        .as("%d, alone %d", prompt, alone)
                        .isBetween(alone, alone + 1);
                assertThat(flood.stream()
                                .filter(ask ->
                                        !ask.over() && !ask.first().tokens.isEmpty()))
                        .as("the flood decodes meanwhile")
                        .hasSizeGreaterThan(4);
                assertThat(admitted(flood)).isGreaterThanOrEqualTo(had);
            }
        }
    }

    /** Beyond the head start rows are divided: twice as long for those at most, which also holds for whoever comes in the flood's first step. */
    @ParameterizedTest
    @ValueSource(ints = {20, 199, 380, 1500})
    void afterThatAFloodAtMostDoublesIt(int prompt) throws RefusedException {
        EngineConfig wide = Asks.config(LANES, BUDGET, 4, 1600, 16);
        int alone = stepsToFirstToken(new Rig(FakeModel.of(50, 16), wide), GUEST, prompt);
        for (int before : new int[] {0, 7, 60}) {
            Rig rig = new Rig(FakeModel.of(50, 16), wide);
            flood(rig, FLOOD, 60, 190);
            rig.steps(before);
            int first = before == 0 ? 0 : Math.min(prompt, FairRows.HEAD_START);
            int rows = BUDGET - (LANES - 1);
            assertThat(stepsToFirstToken(rig, GUEST, prompt))
                    .as("after %d steps; alone it takes %d", before, alone)
                    .isLessThanOrEqualTo(Math.ceilDiv(first, rows) + 2 * Math.ceilDiv(prompt - first, rows) + 1);
        }
    }

    /** Where steps are bounded in time, too: what the flood decodes does not keep the guest's prompt short. */
    @Test
    void stepsBoundedInTimeAreHisAsWell() throws RefusedException {
        int[] steps = new int[2];
        int longest = 0;
        for (int flooded = 0; flooded < 2; flooded++) {
            FakeModel model = FakeModel.of(50, 16);
            Rig rig = new Rig(model, Asks.config(16, 256, 16, 600, 32).withStepNanos(100 * MILLI));
            List<Integer> rows = new ArrayList<>();
            model.spy(batch -> {
                rows.add(batch.rows());
                rig.nanos.addAndGet(3 * MILLI + MILLI * batch.rows());
            });
            rig.ask(of(FLOOD, Asks.greedy(Asks.prompt(400, 1), 8))); // The machine becomes known.
            rig.run();
            if (flooded > 0) {
                flood(rig, FLOOD, 60, 100);
            }
            rig.steps(60);
            rows.clear();
            steps[flooded] = stepsToFirstToken(rig, GUEST, 400);
            longest = rows.stream().mapToInt(Integer::intValue).max().orElseThrow();
        }
        assertThat(steps[0]).isEqualTo(5);
        assertThat(steps[1]).isBetween(steps[0], steps[0] + 1);
        assertThat(longest).as("rows of a millisecond each").isLessThanOrEqualTo(100);
    }

    /** A head start is given in advance: whoever rests and comes again and again gets no more than who never rests. */
    @Test
    void headStartsAreMadeUpFor() throws RefusedException {
        Rig rig = rig();
        List<Rig.Ask> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(rig.ask(of(FLOOD, Asks.greedy(Asks.prompt(100, i), 1))));
        }
        for (int i = 1; i <= 40; i++) {
            Rig.Ask ask = rig.ask(of(GUEST, Asks.greedy(Asks.prompt(100, 200 + i), 1)));
            while (!ask.over()) {
                rig.step();
            }
            rig.steps(2);
            assertThat(admitted(many))
                    .as("those of the flood when the guest has had %d answers", i)
                    .isGreaterThanOrEqualTo(i - FairRows.HEAD_START / 100);
        }
        rig.run();
        rig.assertIdle();
    }

    /** Each guest has one head start before the flood, not one before the guests that came just before him: together they take no more than theirs. */
    @Test
    void headStartsOfSeveralDontAddUp() throws RefusedException {
        int guests = 4;
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(LANES, BUDGET, 4, 1600, 16));
        List<Rig.Ask> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(rig.ask(of(FLOOD, Asks.greedy(Asks.prompt(100, i), 1))));
        }
        rig.steps(60); // Longer than four head starts one before another take.
        List<Rig.Ask> asks = new ArrayList<>();
        for (int guest = 0; guest < guests; guest++) {
            asks.add(rig.ask(of(new Tenant("guest" + guest, 10), Asks.greedy(Asks.prompt(1500, 400 + guest), 1))));
            rig.step();
        }
        long had = over(many);
        int begun = rig.steps;
        while (over(many) == had) {
            rig.step();
            assertThat(rig.steps).as("a guard against waiting for ever").isLessThan(100_000);
        }
        assertThat((rig.steps - begun) * BUDGET)
                .as("rows for which the flood waits")
                .isLessThanOrEqualTo(guests * FairRows.HEAD_START + 10 * BUDGET);
        assertThat(asks).noneMatch(Rig.Ask::over);
    }

    /** The same flood under the guest's own name: this is what it would be without turns. */
    @Test
    void withoutTurnsItWouldWaitForAllOfIt() throws RefusedException {
        int alone = stepsToFirstToken(rig(), GUEST, 100);
        Rig rig = rig();
        flood(rig, Tenant.COMMON, 60, 190);
        rig.steps(7);
        assertThat(stepsToFirstToken(rig, Tenant.COMMON, 100)).isGreaterThan(20 * alone);
    }

    /** A share of the slots and of the pages stays free for others; nobody else's is needed for that. */
    @Test
    void aFloodHoldsItsShareOnly() throws RefusedException {
        Rig rig = rig();
        flood(rig, FLOOD, 60, 30);
        rig.steps(3);
        assertThat(rig.status().running()).isEqualTo(8);
        assertThat(rig.status().pagesReserved())
                .isLessThanOrEqualTo(rig.status().pagesTotal() / 2);
        assertThat(rig.status().queued()).isEqualTo(52);
        rig.run();
        rig.assertIdle();
    }

    @Test
    void whatIsLargerThanAShareStillRunsAlone() throws RefusedException {
        Rig rig = rig();
        Tenant small = new Tenant("small", 1);
        Rig.Ask first = rig.ask(of(small, Asks.greedy(Asks.prompt(390, 1), 9)), 4);
        Rig.Ask second = rig.ask(of(small, Asks.greedy(Asks.prompt(10, 1), 9)));
        rig.steps(3);
        assertThat(rig.status().queued()).isEqualTo(1);
        rig.run();
        assertThat(first.over()).isTrue();
        assertThat(second.over()).isTrue();
        rig.assertIdle();
    }

    /** The queue, too: a flood is refused where its share ends, and the others still come in. */
    @Test
    void aFloodFillsItsShareOfTheQueueOnly() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.withQueue(Asks.config(LANES, BUDGET, 4, 400, 16), 20, 1_000_000));
        flood(rig, FLOOD, 10, 30);
        Submission more = of(FLOOD, Asks.greedy(Asks.prompt(30, 1), 5));
        assertThatThrownBy(() -> rig.ask(more)).isInstanceOfSatisfying(RefusedException.class, refused -> {
            assertThat(refused.refusal()).isEqualTo(RefusedException.Cause.BUSY);
            assertThat(refused.retryAfterSeconds()).isPositive();
            assertThat(refused).hasMessageStartingWith("the share of 'flood' is used up; what waits of it already: 10");
        });
        flood(rig, GUEST, 10, 30);
        Tenant third = new Tenant("third", 50);
        assertThatThrownBy(() -> flood(rig, third, 1, 30)).hasMessageStartingWith("the server is busy");
        rig.step();
        // Sixteen were admitted: each of both has room again.
        assertThat(rig.status().queued()).isEqualTo(4);
        flood(rig, third, 3, 5);
        rig.ask(more);
        rig.run();
        rig.assertIdle();
        flood(rig, third, 10, 5); // What was refused left nothing behind.
        rig.run();
        rig.assertIdle();
    }

    /** Of two who flood, each gets as much. */
    @Test
    void twoFloodsShareAlike() throws RefusedException {
        Rig rig = rig();
        List<Rig.Ask> many = flood(rig, FLOOD, 60, 20);
        List<Rig.Ask> few = flood(rig, GUEST, 60, 160);
        rig.steps(1200);
        assertThat(admitted(many)).isGreaterThan(8);
        assertThat(admitted(few))
                .as("long prompts are not starved by short ones")
                .isBetween(admitted(many) - 8, admitted(many) + 8);
        rig.run();
        rig.assertIdle();
    }

    private static long over(List<Rig.Ask> asks) {
        return asks.stream().filter(Rig.Ask::over).count();
    }

    private static long admitted(List<Rig.Ask> asks) {
        return asks.stream().filter(ask -> !ask.first().tokens.isEmpty()).count();
    }

    /** Who did nothing for long has nothing saved up: he does not keep the others from their prompts. */
    @Test
    void restIsNotSavedUp() throws RefusedException {
        Rig rig = rig();
        Rig.Ask parked = rig.ask(of(GUEST, Asks.demand(Asks.greedy(Asks.prompt(5, 1), 300), 1)));
        flood(rig, FLOOD, 30, 100);
        rig.steps(300);
        parked.request(1000);
        flood(rig, GUEST, 7, 300);
        int alone = stepsToFirstToken(rig(), FLOOD, 100);
        Rig.Ask late = rig.ask(of(new Tenant("late", 50), Asks.greedy(Asks.prompt(100, 3), 3)));
        int begun = rig.steps;
        while (late.first().tokens.isEmpty()) {
            rig.step();
        }
        assertThat(rig.steps - begun).as("of three").isLessThanOrEqualTo(3 * alone + 1);
        rig.run();
        rig.assertIdle();
    }

    /** More decodes than lanes: a lane goes to each tenant in turn, however many sequences he has. */
    @Test
    void decodesBeyondTheLanesAreDividedByTenant() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 16), Asks.config(4, BUDGET, 4, 400, 64));
        Tenant many = new Tenant("many", 90);
        Tenant one = new Tenant("one", 90);
        List<Rig.Ask> flood = flood(rig, many, 12, 2);
        rig.steps(10);
        Rig.Ask guest = rig.ask(of(one, Asks.greedy(Asks.prompt(2, 99), 200)));
        rig.steps(3);
        int had = guest.first().tokens.size();
        List<Integer> before =
                flood.stream().map(ask -> ask.first().tokens.size()).toList();
        rig.steps(60);
        assertThat(guest.first().tokens).as("a token from every step, as alone").hasSize(had + 60);
        for (int i = 0; i < flood.size(); i++) {
            assertThat(flood.get(i).first().tokens.size() - before.get(i))
                    .as("3 lanes for 12, in turns")
                    .isEqualTo(60 * 3 / 12);
        }
        rig.run();
        flood.forEach(ask -> rig.assertAsAlone(ask, "in turns"));
        rig.assertAsAlone(guest, "in turns");
        rig.assertIdle();
    }

    /** Tenants who come and go, lanes that nobody of a tenant needs: none is left empty while somebody could use it. */
    @Test
    void lanesThatATenantDoesNotNeedAreTheOthers() throws RefusedException {
        FakeModel model = FakeModel.of(50, 16);
        Rig rig = new Rig(model, Asks.config(4, BUDGET, 4, 400, 64));
        List<Integer> sizes = new ArrayList<>();
        model.spy(batch -> sizes.add(batch.spans()));
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            String name = i < 7 ? "many" : i == 7 ? "one" : "other";
            asks.add(rig.ask(of(new Tenant(name, 90), Asks.greedy(Asks.prompt(1, i), 20 + 7 * i))));
        }
        while (asks.stream().filter(ask -> !ask.over()).count() >= 4) {
            rig.step();
        }
        assertThat(sizes).allMatch(spans -> spans == 4);
        rig.run();
        asks.forEach(ask -> rig.assertAsAlone(ask, "in turns"));
    }

    /** Turns change when a token comes, never which one. */
    @Test
    void everyAnswerIsAsAlone() throws RefusedException {
        Rig rig = rig();
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Tenant tenant = List.of(FLOOD, GUEST, Tenant.COMMON).get(i % 3);
            asks.add(rig.ask(of(tenant, Asks.greedy(Asks.prompt(1 + 7 * i, i), 1 + i)), 1 + i % 3));
        }
        rig.run();
        asks.forEach(ask -> rig.assertAsAlone(ask, "beside others"));
        rig.assertIdle();
    }
}
