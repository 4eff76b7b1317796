package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A draft model that is the model itself, or another one, or broken: answers are the same, and its books end where they began. */
final class DraftModelTest {
    private static final int VOCABULARY = 50;
    private static final Speculation DRAFT = new Speculation(Speculation.Method.MODEL, 5);

    private final EngineConfig config = Asks.config(4, 32, 4, 400, 6).speculating(DRAFT);

    private static long room(Model model, EngineConfig config, int sequences) {
        return CachePlan.bytesFor(model.geometry(), config, config.contextTokens(), sequences);
    }

    @Test
    void whoThinksAlikeGuessesAllOfIt() throws RefusedException {
        for (int[] windows : new int[][] {{0}, {11}, {0, 9}}) {
            FakeModel draft = FakeModel.of(VOCABULARY, windows);
            Rig rig = Rig.drafting(FakeModel.of(VOCABULARY, windows), config, draft, room(draft, config, 3));
            Submission drawn = new Submission(
                    Asks.prompt(150, 2), 100, 0, java.util.Set.of(), Asks.sampling(9), 2, -1, Long.MAX_VALUE);
            for (Submission submission : List.of(Asks.greedy(Asks.prompt(30, 1), 100), drawn)) {
                int before = rig.steps;
                Rig.Ask ask = rig.ask(submission.speculating(DRAFT));
                rig.run();
                rig.assertAsAlone(ask, "drafted");
                assertThat(ask.first().finish().acceptedGuesses()).isGreaterThan(70);
                assertThat(ask.first().finish().rejectedGuesses()).isZero();
                assertThat(rig.steps - before).isLessThan(40);
            }
            rig.assertIdle();
        }
    }

    /** Companions, demand, cancellation, a draft model that is often wrong, and a cache of its own for one or two of them. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whateverItGuesses(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int[][] geometries = {{0}, {11}, {0, 11}, {11, 5, 0}};
        int lanes = 1 + random.nextInt(4);
        EngineConfig sizes = Asks.config(lanes, lanes + 4 + random.nextInt(20), 1 + random.nextInt(7), 120, lanes + 3)
                .speculating(DRAFT);
        FakeModel model = FakeModel.of(VOCABULARY, geometries[random.nextInt(geometries.length)]);
        FakeModel draft = FakeModel.of(VOCABULARY, geometries[random.nextInt(geometries.length)]);
        Rig rig = Rig.drafting(model, sizes, draft, room(draft, sizes, 1 + random.nextInt(2)));
        List<Rig.Ask> asks = new ArrayList<>();
        List<Rig.Ask> cancelled = new ArrayList<>();
        for (int round = 0; round < 250; round++) {
            if (random.nextInt(5) == 0) {
                Submission submission = Asks.randomlyContinued(random, 60, 40, random.nextInt(5));
                asks.add(rig.ask(submission, submission.continued() > 0 ? 1 : 1 + random.nextInt(2)));
            }
            Rig.disturb(asks, cancelled, random);
            rig.step();
        }
        asks.forEach(ask -> ask.request(Long.MAX_VALUE));
        rig.run();
        for (Rig.Ask ask : asks) {
            if (!cancelled.contains(ask)) {
                rig.assertAsAlone(ask, "seed " + seed);
            }
        }
        assertThat(rig.status().guessesAccepted() + rig.status().guessesRejected())
                .isPositive();
        rig.step();
        rig.assertIdle();
    }

    /** The memory that is said before loading has none for a second model's adapters. */
    @Test
    void itHasNoRoomForAdapters() throws RefusedException {
        EngineConfig adapted = config.withAdapters(new AdapterRoom(2, 8, Adapter.Type.F32));
        FakeModel draft = FakeModel.of(VOCABULARY, 0);
        Rig rig = Rig.drafting(FakeModel.of(VOCABULARY, 0), adapted, draft, room(draft, adapted, 2));
        assertThat(rig.model.shape().adapters()).isEqualTo(adapted.adapters());
        assertThat(draft.shape().adapters()).isEqualTo(AdapterRoom.NONE);
        CompletableFuture<EngineAdapter> loaded = rig.engine.loadAdapter(AdaptersTest.adapter("one", 4));
        rig.run();
        Submission submission = Asks.greedy(Asks.prompt(30, 1), 60);
        Rig.Ask ask = rig.ask(submission.adapted(loaded.join()).speculating(DRAFT));
        rig.run();
        rig.assertAsAlone(ask, "with an adapter, drafted without");
        rig.assertIdle();
    }

    @Test
    void oneThatFailsIsDoneWithoutAndTheAnswerIsTheSame() throws RefusedException {
        FakeModel draft = FakeModel.of(VOCABULARY, 0);
        Rig rig = Rig.drafting(FakeModel.of(VOCABULARY, 0), config, draft, room(draft, config, 2));
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(30, 1), 100).speculating(DRAFT));
        rig.steps(12);
        draft.failSubmit("a broken draft model");
        rig.run();
        rig.assertAsAlone(ask, "draft model fails");
        assertThat(ask.first().finish().acceptedGuesses()).isBetween(1, 70);
        Rig.Ask next = rig.ask(Asks.greedy(Asks.prompt(30, 1), 20).speculating(DRAFT));
        rig.run();
        rig.assertAsAlone(next, "after that");
        assertThat(next.first().finish().acceptedGuesses()).isZero();
        assertThat(rig.status().healthy()).isTrue();
        rig.assertIdle();
    }
}
