package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EngineSoakTest {

    /** Random arrivals, cancels, stalls and refusals on a cache far too small, with the books checked at every step. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void thousandsOfRandomRequests(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        FakeModel model = FakeModel.of(50, random.nextBoolean() ? new int[] {0, 13} : new int[] {13});
        EngineConfig sizes = new EngineConfig(
                new EngineConfig.Step(1 + random.nextInt(6), 30, 8),
                new EngineConfig.Cache(1 + random.nextInt(5), CacheType.F32, 1),
                new EngineConfig.Admission(12, 150, 4, 12, 400));
        Rig rig = Rig.guessingAndAdaptingNowAndThen(
                seed, model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, 150, 2)));
        List<Rig.Ask> live = new ArrayList<>();
        Set<Rig.Ask> cancelled = new HashSet<>();
        int accepted = 0;
        int busy = 0;
        while (accepted < 1000) {
            // Bursts that the queue holds, and some that it doesn't.
            for (int i = random.nextInt(30) == 0 ? random.nextInt(20) : 0; i > 0; i--) {
                try {
                    Submission any = Asks.random(random, 40, 30, random.nextInt(20));
                    live.add(rig.ask(rig.adapted(accepted, any), 1 + random.nextInt(4)));
                    accepted++;
                } catch (RefusedException e) {
                    if (e.refusal() == RefusedException.Cause.BUSY) {
                        busy++;
                        assertThat(e.retryAfterSeconds()).isPositive();
                    }
                }
            }
            if (!live.isEmpty()) {
                Rig.Ask one = live.get(random.nextInt(live.size()));
                if (random.nextInt(6) == 0) {
                    cancelled.add(one);
                    one.handles().get(random.nextInt(one.handles().size())).cancel();
                }
                live.get(random.nextInt(live.size())).request(1 + random.nextInt(60));
            }
            rig.step();
            live.removeIf(ask -> leaves(rig, ask, cancelled.contains(ask), "seed " + seed));
        }
        live.forEach(ask -> ask.request(Long.MAX_VALUE));
        rig.run();
        live.removeIf(ask -> leaves(rig, ask, cancelled.contains(ask), "seed " + seed));
        assertThat(live).as("seed " + seed).isEmpty();
        assertThat(busy).as("seed " + seed).isPositive();
        rig.assertIdle();
    }

    private static boolean leaves(Rig rig, Rig.Ask ask, boolean cancelled, String description) {
        if (!ask.over()) {
            return false;
        }
        for (int choice = 0; choice < ask.heard().size(); choice++) {
            if (!cancelled || ask.heard().get(choice).reason() != FinishReason.CANCELLED) {
                rig.assertAsAlone(ask, choice, description);
            }
        }
        return true;
    }

    /** Promise 1: age costs nothing. */
    @Test
    void aHundredThousandTokensInAConstantNumberOfPages() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 24), Asks.config(2, 8, 4, 200_000, 2).speculating(Speculation.AUTO));
        int[] delivered = {0};
        SequenceListener counting = new SequenceListener() {
            @Override
            public void onToken(TokenScore token) {
                delivered[0]++;
            }

            @Override
            public void onFinish(Finish finish) {
                assertThat(finish.reason()).isEqualTo(FinishReason.LENGTH);
            }
        };
        rig.engine.submit(Asks.greedy(Asks.prompt(100, 1), 100_000), List.of(counting));
        rig.steps(100);
        int pages = rig.status().pagesUsed();
        assertThat(pages).isLessThanOrEqualTo(9); // ceil(31 / 4) + 1
        while (rig.step()) {
            if (delivered[0] < 100_000) {
                assertThat(rig.status().pagesUsed()).isEqualTo(pages);
            }
        }
        assertThat(delivered[0]).isEqualTo(100_000);
        rig.assertIdle();
    }
}
