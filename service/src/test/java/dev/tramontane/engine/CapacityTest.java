package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.engine.Outlook.Verdict;
import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What capacity says is what admission does. */
final class CapacityTest {
    private static final List<Tenant> TENANTS =
            List.of(Tenant.COMMON, new Tenant("half", 50), new Tenant("third", 34), new Tenant("most", 90));

    private static final int[][] WINDOWS = {{16}, {0}, {0, 16, 8}};

    /** In whatever state, for whatever request: asked first, then submitted, and one step. */
    @Test
    void theAnswerIsWhatSubmittingThenDoes() {
        Map<Verdict, Integer> seen = new EnumMap<>(Verdict.class);
        AtomicInteger yielded = new AtomicInteger();
        EngineObserver counts = new EngineObserver() {
            @Override
            public void yielded() {
                yielded.incrementAndGet();
            }
        };
        for (int seed = 0; seed < 120; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            FakeModel model = FakeModel.of(50, WINDOWS[seed % WINDOWS.length]);
            EngineConfig sizes = Asks.withQueue(
                    Asks.config(1 + random.nextInt(4), 24, 4, 120, 4 + random.nextInt(5)), 6 + random.nextInt(10), 300);
            if (seed % 4 == 0) {
                sizes = Asks.cold(sizes); // What only has a prompt ends at once there.
            }
            long bytes = CachePlan.bytesFor(model.geometry(), sizes, 120, 1 + random.nextInt(4));
            Rig rig = new Rig(model, sizes.withCacheBytes(bytes), counts);
            List<Rig.Ask> asks = new ArrayList<>();
            for (int turn = 0; turn < 60; turn++) {
                seen.merge(compare(rig, random, asks), 1, Integer::sum);
                if (!asks.isEmpty() && random.nextInt(3) == 0) {
                    Rig.Ask some = asks.get(random.nextInt(asks.size()));
                    if (random.nextBoolean()) {
                        some.attended(random.nextInt(4) == 0);
                    } else if (random.nextBoolean()) {
                        some.handles()
                                .get(random.nextInt(some.handles().size()))
                                .cancel();
                    } else {
                        some.request(1 + random.nextInt(30));
                    }
                }
                rig.steps(1 + random.nextInt(3)); // What was asked of it just now is heard in the first of these.
            }
        }
        assertThat(seen.keySet()).contains(Verdict.STARTS, Verdict.WAITS, Verdict.BUSY, Verdict.TOO_LARGE);
        assertThat(seen.values()).allMatch(times -> times > 50);
        assertThat(yielded.get()).as("places that were given up").isGreaterThan(100);
    }

    private static Verdict compare(Rig rig, SplittableRandom random, List<Rig.Ask> asks) {
        Tenant tenant = TENANTS.get(random.nextInt(TENANTS.size()));
        int priority = random.nextInt(3) - 1;
        int prompt = 1 + random.nextInt(random.nextBoolean() ? 20 : 125);
        int maxTokens = random.nextInt(60);
        int choices = 1 + random.nextInt(random.nextInt(4) == 0 ? 9 : 2);
        Outlook outlook = rig.engine.capacity().outlook(tenant, priority, prompt, maxTokens, choices);
        Submission submission = Asks.of(
                tenant,
                new Urgency(priority, OptionalLong.empty()),
                Asks.demand(Asks.greedy(Asks.prompt(prompt, random.nextInt(99)), maxTokens), random.nextInt(40)));
        try {
            int queued = rig.status().queued();
            Rig.Ask ask = rig.ask(submission, choices);
            asks.add(ask);
            rig.step();
            assertThat(outlook.verdict())
                    .as("%s %d/%d/%d beside %d that wait", tenant, prompt, maxTokens, choices, queued)
                    .isEqualTo(ask.first().started ? Verdict.STARTS : Verdict.WAITS);
        } catch (RefusedException refused) {
            assertThat(outlook.verdict().name()).isEqualTo(refused.refusal().name());
            assertThat(outlook.reason()).isEqualTo(refused.getMessage());
        }
        return outlook.verdict();
    }

    /** Whatever may run alone is admitted by the first step of an idle engine: sizing and admission are one formula. */
    @Test
    void whateverFitsStartsAtOnceInAnIdleEngine() throws RefusedException {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            FakeModel model = FakeModel.of(50, WINDOWS[i % WINDOWS.length]);
            int budget = 4 + random.nextInt(60);
            EngineConfig sizes = Asks.config(1 + random.nextInt(4), budget, 1 + random.nextInt(9), 300, 4);
            long bytes = CachePlan.bytesFor(model.geometry(), sizes, 300, 1);
            Rig rig = new Rig(model, sizes.withCacheBytes(bytes + random.nextLong(bytes)));
            int prompt = random.nextInt(4) == 0 ? 300 : 1 + random.nextInt(300);
            int choices = 1 + random.nextInt(3);
            Outlook outlook = rig.engine.capacity().outlook(Tenant.COMMON, 0, prompt, 300 - prompt, choices);
            assertThat(outlook.verdict()).isIn(choices == 1 ? List.of(Verdict.STARTS) : List.of(Verdict.values()));
            if (outlook.verdict() == Verdict.STARTS) {
                Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(prompt, i), 300 - prompt), choices);
                rig.run();
                assertThat(ask.over()).isTrue();
                rig.assertIdle();
            }
        }
    }

    @Test
    void theNumbersAreThoseOfTheBooks() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0, 16, 16);
        Rig rig = new Rig(model, Asks.config(2, 8, 4, 100, 4));
        model.spy(batch -> rig.nanos.addAndGet(1_000_000L * batch.rows()));
        rig.ask(Asks.greedy(Asks.prompt(30, 1), 20), 2);
        rig.ask(Asks.greedy(Asks.prompt(90, 1), 9));
        rig.steps(3);
        Capacity now = rig.engine.capacity();
        assertThat(now.slotsReserved()).isEqualTo(3);
        assertThat(now.groups().stream().mapToLong(Capacity.Group::reserved).sum())
                .isEqualTo(rig.status().pagesReserved());
        assertThat(now.groups().stream().mapToInt(Capacity.Group::used).sum())
                .isEqualTo(rig.status().pagesUsed());
        assertThat(now.groups().stream().mapToInt(Capacity.Group::pages).sum())
                .isEqualTo(rig.status().pagesTotal());
        assertThat(now.groups().stream()
                        .mapToLong(group -> group.pages() * group.pageBytes())
                        .sum())
                .isEqualTo(now.plan().bytes());
        assertThat(now.groups())
                .allSatisfy(group -> assertThat(group.pageBytes())
                        .isEqualTo(2L
                                * group.layers()
                                * now.plan().kvHeads()
                                * now.plan().headDim()
                                * now.plan().shape().pageTokens()
                                * now.plan().elementBytes()));
        assertThat(now.promptTokensPerSecond()).isBetween(999.0, 1001.0); // A row a millisecond.
        Outlook one = now.outlook(Tenant.COMMON, 0, 50, 25, 1);
        assertThat(one.bytes()).isEqualTo(now.plan().sequenceBytes(75));
        assertThatThrownBy(() -> now.outlook(Tenant.COMMON, 0, 0, 5, 1)).hasMessageContaining("prompt");
        rig.engine.close();
        assertThat(rig.engine.capacity().outlook(Tenant.COMMON, 0, 50, 25, 1).verdict())
                .isEqualTo(Verdict.UNAVAILABLE);
    }
}
