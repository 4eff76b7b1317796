package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promise 4: the same prompt, parameters and seed give the same tokens, however they are computed. Each case is compared
 * with a reference without pages, batches or chunks, which makes all of them equal to each other.
 */
final class EngineEquivalencePropertyTest {
    private static final int WINDOW = 11;
    private static final int VOCABULARY = 50;

    /** [chunk][page]: whole, single, and every edge of the window; pages that divide it and pages that don't. */
    static Stream<Arguments> chunksAndPages() {
        List<Arguments> cases = new ArrayList<>();
        for (int chunk : new int[] {1, 7, WINDOW - 1, WINDOW, WINDOW + 1, 64, 500}) {
            for (int page : new int[] {1, 2, 3, 4, 8, 16, 256}) {
                cases.add(Arguments.of(chunk, page));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("chunksAndPages")
    void ringIsAnUnboundedCacheWithAMask(int chunk, int page) throws RefusedException {
        for (int prompt : new int[] {1, 2, WINDOW - 1, WINDOW, WINDOW + 1, 40, 157}) {
            Rig rig = Rig.guessingAndAdaptingNowAndThen(
                    prompt + page, FakeModel.of(VOCABULARY, WINDOW), Asks.config(1, chunk, page, 400, 1));
            Rig.Ask ask = rig.ask(rig.adapted(prompt, Asks.scored(Asks.prompt(prompt, prompt), 100)));
            rig.run().assertAsAlone(ask, "prompt of " + prompt);
            rig.assertIdle();
        }
    }

    @ParameterizedTest
    @MethodSource("chunksAndPages")
    void fullAndWindowedLayersTogether(int chunk, int page) throws RefusedException {
        Rig rig = Rig.guessingAndAdaptingNowAndThen(
                chunk + page,
                FakeModel.of(VOCABULARY, 0, WINDOW, 1, 29),
                Asks.config(2, Math.max(2, chunk), page, 400, 4));
        List<Rig.Ask> asks = new ArrayList<>();
        for (int prompt : new int[] {1, WINDOW, 64, 130}) {
            asks.add(rig.ask(rig.adapted(asks.size(), Asks.greedy(Asks.prompt(prompt, prompt), 60))));
        }
        rig.run();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "prompt of " + ask.submission().prompt().length);
        }
        rig.assertIdle();
    }

    @ParameterizedTest
    @MethodSource("chunksAndPages")
    void choicesAreAsManySeparateRequests(int chunk, int page) throws RefusedException {
        for (int prompt : new int[] {1, 2, WINDOW, WINDOW + 1, 33, 48}) {
            Rig rig = Rig.guessingAndAdaptingNowAndThen(
                    prompt + chunk + page,
                    FakeModel.of(VOCABULARY, 0, WINDOW),
                    Asks.config(3, Math.max(3, chunk), page, 200, 5));
            Submission submission = new Submission(
                    Asks.prompt(prompt, chunk),
                    50,
                    0,
                    java.util.Set.of(7),
                    Asks.sampling(prompt),
                    1,
                    0,
                    Long.MAX_VALUE);
            Rig.Ask ask = rig.ask(rig.adapted(prompt, submission), 4);
            rig.run().assertAsAlone(ask, "prompt of " + prompt);
            assertThat(ask.heard().getFirst().finish().cachedTokens()).isZero();
            assertThat(ask.heard().getLast().finish().cachedTokens()).isEqualTo(prompt - 1);
            rig.assertIdle();
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 80);
    }

    /** Random models, sizes, companions, demand and cancellation: whoever ends, ends as if alone. */
    @ParameterizedTest
    @MethodSource("seeds")
    void whateverElseIsInTheBatch(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int[][] geometries = {{0}, {WINDOW}, {1}, {0, WINDOW}, {WINDOW, 5, 0}, {64}};
        int lanes = 1 + random.nextInt(5);
        int slots = lanes + random.nextInt(6);
        int page = 1 + random.nextInt(9);
        int budget = lanes + random.nextInt(20);
        EngineConfig roomy = Asks.config(lanes, budget, page, 120, slots);
        FakeModel model = FakeModel.of(VOCABULARY, geometries[random.nextInt(geometries.length)]);
        // From barely one sequence to plenty: admission must cope with all of it.
        long bytes = CachePlan.bytesFor(model.geometry(), roomy, 120, 1) * (1 + random.nextInt(3));
        // Chunks follow a clock that jumps, in half of the cases.
        long stepNanos = random.nextBoolean() ? 0 : 1 + random.nextLong(1L << random.nextInt(1, 34));
        Rig rig = Rig.guessingNowAndThen(
                seed,
                model,
                roomy.withCacheBytes(bytes)
                        .withStepNanos(stepNanos)
                        .withAdapters(new AdapterRoom(2, 4, Adapter.Type.F32)));
        List<CompletableFuture<EngineAdapter>> adapters = List.of(
                rig.engine.loadAdapter(AdaptersTest.adapter("one", 4)),
                rig.engine.loadAdapter(AdaptersTest.adapter("two", 1)));
        rig.run();
        SplittableRandom clock = random.split();
        model.spy(batch -> rig.nanos.addAndGet(clock.nextLong(1L << clock.nextInt(1, 34))));
        List<Rig.Ask> asks = new ArrayList<>();
        List<Rig.Ask> cancelled = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
            if (random.nextInt(4) == 0) {
                Submission submission = Asks.randomlyContinued(random, 60, 40, random.nextInt(5));
                if (random.nextBoolean()) {
                    submission =
                            submission.adapted(adapters.get(random.nextInt(2)).join());
                }
                int choices = submission.continued() > 0 ? 1 : 1 + random.nextInt(Math.min(3, slots));
                if (rig.engine
                        .plan()
                        .fits(
                                submission.prompt().length,
                                submission.prompt().length + submission.maxTokens(),
                                choices)) {
                    asks.add(rig.ask(submission, choices));
                }
            }
            Rig.disturb(asks, cancelled, random);
            rig.step();
        }
        asks.forEach(ask -> ask.request(Long.MAX_VALUE));
        rig.run();
        for (int i = 0; i < asks.size(); i++) {
            if (!cancelled.contains(asks.get(i))) {
                rig.assertAsAlone(asks.get(i), "seed " + seed + ", request " + i);
            }
        }
        assertThat(asks).as("seed " + seed).allMatch(Rig.Ask::over);
        rig.assertIdle();
    }

    @Test
    void parkedAndResumedIsUninterrupted() throws RefusedException {
        SplittableRandom random = new SplittableRandom(99);
        Rig rig = new Rig(FakeModel.of(VOCABULARY, WINDOW), Asks.config(2, 8, 4, 300, 6));
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            asks.add(rig.ask(Asks.demand(Asks.greedy(Asks.prompt(5 + 9 * i, i), 120), 0)));
        }
        long[] granted = new long[6];
        while (!asks.stream().allMatch(Rig.Ask::over)) {
            int i = random.nextInt(6);
            int more = 1 + random.nextInt(7);
            granted[i] += more;
            asks.get(i).request(more);
            rig.steps(random.nextInt(12));
            for (int k = 0; k < 6; k++) {
                assertThat(asks.get(k).first().tokens).hasSizeLessThanOrEqualTo((int) granted[k]);
            }
        }
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "seed 99");
        }
        rig.step();
        rig.assertIdle();
    }
}
