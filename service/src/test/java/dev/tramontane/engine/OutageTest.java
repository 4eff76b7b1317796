package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeModel.LostAt;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

/** A part of the model is lost and comes back: who hears what, and that nothing of before shows afterwards. */
final class OutageTest {
    private static final String WHY = "stage worker-1:7100 was lost: it closed the connection";
    private static final AdapterRoom ROOM = new AdapterRoom(2, 8, Adapter.Type.F32);

    private final FakeModel model = FakeModel.of(50, 0, 9);
    private final EngineConfig config = Asks.config(4, 16, 4, 200, 6).withAdapters(ROOM);

    private static RefusedException refusal(Rig rig) {
        return catchThrowableOfType(RefusedException.class, () -> rig.ask(Asks.greedy(Asks.prompt(3, 1), 1)));
    }

    private static void assertLost(Rig.Ask ask) {
        for (Recorder heard : ask.heard()) {
            assertThat(heard.reason()).isEqualTo(FinishReason.LOST);
            assertThat(heard.finish().error()).isEqualTo(WHY);
            assertThat(heard.offences).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LostAt.class,
            names = {"BETWEEN_STEPS", "SUBMIT", "AWAIT"})
    void whatRunsAndWaitsIsEndedAndWhatComesIsRefusedUntilItIsBack(LostAt at) throws RefusedException {
        Rig rig = new Rig(model, config);
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 5; i++) { // Running, waiting, and one that nobody reads.
            asks.add(rig.ask(Asks.demand(Asks.greedy(Asks.prompt(12, i), 40), i == 0 ? 1 : Long.MAX_VALUE), 2));
        }
        rig.steps(5);
        model.lose(at, WHY, 3);
        rig.step();
        asks.forEach(OutageTest::assertLost);
        rig.assertIdle();
        assertThat(rig.status().pagesKept()).isZero();
        assertThat(rig.status().healthy()).isFalse();
        assertThat(rig.engine.outage()).isEqualTo(WHY);
        assertThat(rig.engine.failed()).as("for good").isFalse();
        for (int look = 0; look < 3; look++) {
            RefusedException refused = refusal(rig);
            assertThat(refused.refusal()).isEqualTo(Cause.UNAVAILABLE);
            assertThat(refused).hasMessage(WHY);
            assertThat(refused.retryAfterSeconds()).isEqualTo(Engine.LOST_RETRY_SECONDS);
            assertThat(rig.engine.capacity().outlook(Tenant.COMMON, 0, 3, 1, 1).reason())
                    .isEqualTo(WHY);
            assertThat(rig.step()).isFalse();
        }
        assertThat(rig.step()).isTrue();
        assertThat(rig.engine.outage()).isNull();
        assertThat(rig.status().healthy()).isTrue();
        Rig.Ask again = rig.ask(asks.getFirst().submission(), 2);
        again.request(Long.MAX_VALUE);
        rig.run().assertAsAlone(again, "after the outage");
        assertThat(again.first().finish().cachedTokens()).isZero();
        rig.assertIdle();
    }

    /** Who has passed the door before it closed is not forgotten behind it. */
    @Test
    void whoeverWasOnTheWayInIsTurnedAway() throws RefusedException {
        Rig rig = new Rig(model, config);
        rig.ask(Asks.greedy(Asks.prompt(12, 1), 40));
        model.lose(LostAt.SUBMIT, WHY, 1);
        List<Rig.Ask> late = new ArrayList<>();
        model.spy(batch -> {
            try {
                late.add(rig.ask(Asks.greedy(Asks.prompt(12, 2), 40)));
            } catch (RefusedException impossible) {
                throw new AssertionError(impossible);
            }
        });
        rig.step();
        model.spy(batch -> {});
        assertThat(late.getFirst().over()).isFalse();
        rig.step();
        assertLost(late.getFirst());
        rig.run();
        rig.assertIdle();
    }

    @Test
    void aModelThatFailsWhileAPartIsAwayFailsForGood() throws RefusedException {
        Rig rig = new Rig(model, config);
        rig.ask(Asks.greedy(Asks.prompt(12, 1), 40));
        model.lose(LostAt.AWAIT, WHY, 0);
        rig.step();
        rig.step();
        model.failAwait("gone for good");
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(12, 1), 40));
        rig.step();
        assertThat(ask.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rig.status().healthy()).isFalse();
        assertThat(rig.engine.failed()).isTrue();
        assertThat(refusal(rig).retryAfterSeconds()).isZero();
        rig.engine.close();
    }

    /** A stage that is back may refuse its cache, or an adapter: it is not asked again and again, with a line in the log each time. */
    @Test
    void aModelThatFailsAsItComesBackIsAskedNothingMore() {
        Rig rig = new Rig(model, config);
        AtomicInteger asked = new AtomicInteger();
        AdapterData refused = AdaptersTest.data("one", new AtomicInteger(), () -> {
            asked.incrementAndGet();
            throw new ModelException("the stage refuses it");
        });
        CompletableFuture<EngineAdapter> one = rig.engine.loadAdapter(refused);
        rig.run();
        assertThat(one).isCompleted();
        model.lose(LostAt.BETWEEN_STEPS, WHY, 0);
        rig.steps(2);
        assertThat(rig.engine.failed()).isTrue();
        assertThat(rig.step()).as("whether there is more to do").isFalse();
        assertThat(asked).hasValue(1);
        rig.engine.close();
    }

    @Test
    void aClosedEngineStaysClosedWhenThePartIsBack() throws RefusedException {
        Rig rig = new Rig(model, config);
        rig.ask(Asks.greedy(Asks.prompt(12, 1), 40));
        model.lose(LostAt.AWAIT, WHY, 0);
        rig.step();
        rig.engine.close();
        rig.step();
        assertThat(refusal(rig)).hasMessageContaining("shutting down");
    }

    /** As when all processes of a model are ended at once. */
    @Test
    void whoRunsIsToldOfTheEndAlsoWhenThePartIsLostJustBefore() throws RefusedException {
        Rig rig = new Rig(model, config);
        AtomicInteger unneeded = new AtomicInteger();
        CompletableFuture<EngineAdapter> one = rig.engine.loadAdapter(AdaptersTest.data("one", unneeded));
        CompletableFuture<EngineAdapter> two = rig.engine.loadAdapter(AdaptersTest.data("two", unneeded));
        rig.run();
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(12, 1), 40));
        rig.step();
        assertThat(two).isCompleted();
        model.lose(LostAt.DROP_ADAPTER, WHY, 0);
        one.join().giveUp();
        rig.engine.close();
        assertThat(ask.first().reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(unneeded).hasValue(2);
    }

    @Test
    void adaptersAreLoadedAgainAndThoseGivenUpMeanwhileAreNot() throws RefusedException {
        Rig rig = new Rig(model, config);
        AtomicInteger unneeded = new AtomicInteger();
        CompletableFuture<EngineAdapter> one = rig.engine.loadAdapter(AdaptersTest.adapter("one", 4));
        CompletableFuture<EngineAdapter> two = rig.engine.loadAdapter(AdaptersTest.data("two", unneeded));
        rig.run();
        Submission plain = Asks.greedy(Asks.prompt(20, 1), 10);
        rig.ask(plain.adapted(one.join()));
        model.lose(LostAt.AWAIT, WHY, 2);
        rig.step();
        two.join().giveUp();
        CompletableFuture<EngineAdapter> three = rig.engine.loadAdapter(AdaptersTest.adapter("three", 4));
        assertThat(unneeded).hasValue(0);
        rig.steps(3);
        assertThat(unneeded).hasValue(1);
        assertThat(catchThrowableOfType(CompletionException.class, three::join))
                .cause()
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("all 2 places");
        assertThat(model.adapters()).containsExactly("one");
        Rig.Ask again = rig.ask(plain.adapted(one.join()));
        rig.run().assertAsAlone(again, "by an adapter that was loaded again");
        assertThat(again.first().finish().cachedTokens()).isZero();
    }

    /** Under its name and its digest something else would be computed, and found again. */
    @Test
    void anAdapterWhoseDataHasChangedIsNotLoadedAgainButRefusedUntilItIsGivenUp() throws RefusedException {
        Rig rig = new Rig(model, config);
        AtomicInteger unneeded = new AtomicInteger();
        AtomicBoolean unchanged = new AtomicBoolean(true);
        CompletableFuture<EngineAdapter> one =
                rig.engine.loadAdapter(AdaptersTest.data("one", unneeded, unchanged::get));
        CompletableFuture<EngineAdapter> two = rig.engine.loadAdapter(AdaptersTest.adapter("two", 4));
        rig.run();
        Submission plain = Asks.greedy(Asks.prompt(20, 1), 10);
        rig.ask(plain.adapted(one.join()));
        assertThat(one.join().hold()).isTrue();
        model.lose(LostAt.AWAIT, WHY, 0);
        unchanged.set(false);
        rig.steps(2);
        assertThat(rig.engine.outage()).isNull();
        assertThat(model.adapters()).containsExactly("two");
        assertThat(unneeded).hasValue(1);
        assertThat(one.join().hold()).isFalse();
        assertThat(catchThrowableOfType(RefusedException.class, () -> rig.ask(plain.adapted(one.join()))))
                .hasMessageContaining("files have changed since it was loaded")
                .extracting(RefusedException::refusal)
                .isEqualTo(Cause.GONE);
        Rig.Ask other = rig.ask(plain.adapted(two.join()));
        rig.run().assertAsAlone(other, "by an adapter that is what it was");
        one.join().giveUp();
        one.join().letGo();
        rig.run();
        CompletableFuture<EngineAdapter> three = rig.engine.loadAdapter(AdaptersTest.adapter("three", 4));
        rig.run();
        Rig.Ask inItsPlace = rig.ask(plain.adapted(three.join()));
        rig.run().assertAsAlone(inItsPlace, "in its place");
        assertThat(unneeded).hasValue(1);
    }

    /** He entered before the loss was over, and comes through the door when it is open again. */
    @Test
    void whoComesInWithAnAdapterThatIsNotThereAnyMoreIsTurnedAway() throws RefusedException {
        Rig rig = new Rig(model, config);
        AtomicBoolean unchanged = new AtomicBoolean(true);
        CompletableFuture<EngineAdapter> one =
                rig.engine.loadAdapter(AdaptersTest.data("one", new AtomicInteger(), unchanged::get));
        rig.run();
        Recorder heard = new Recorder();
        AtomicBoolean asked = new AtomicBoolean();
        List<Recorder> listeners = new AbstractList<>() {
            @Override
            public Recorder get(int index) {
                return heard;
            }

            @Override
            public int size() { // Asked on the way between the two.
                if (!asked.getAndSet(true)) {
                    model.lose(LostAt.BETWEEN_STEPS, WHY, 0);
                    unchanged.set(false);
                    rig.step();
                    rig.step();
                }
                return 1;
            }
        };
        rig.engine.submit(Asks.greedy(Asks.prompt(12, 1), 5).adapted(one.join()), listeners);
        assertThat(rig.engine.outage()).isNull();
        rig.run();
        assertThat(heard.reason()).isEqualTo(FinishReason.LOST);
        assertThat(heard.finish().error()).contains("files have changed since it was loaded");
        assertThat(rig.engine.failed()).isFalse();
        rig.assertIdle();
    }

    /** Or a watchdog would take the engine that loads many of them for stuck. */
    @Test
    void theHeartBeatsWithEachAdapterThatIsLoadedAgain() {
        Rig rig = new Rig(model, config);
        List<Long> beats = new ArrayList<>();
        List<CompletableFuture<EngineAdapter>> adapters = new ArrayList<>();
        for (String digest : List.of("one", "two")) {
            adapters.add(rig.engine.loadAdapter(AdaptersTest.data(
                    digest,
                    new AtomicInteger(),
                    () -> beats.add(rig.engine.heartbeat().beats()))));
        }
        rig.run();
        assertThat(adapters).allMatch(CompletableFuture::isDone);
        model.lose(LostAt.BETWEEN_STEPS, WHY, 0);
        rig.step();
        long before = rig.engine.heartbeat().beats();
        rig.step();
        beats.add(rig.engine.heartbeat().beats());
        assertThat(beats).containsExactly(before + 2, before + 4, before + 5); // One is the step's, two are each one's.
    }

    @Test
    void anAdapterThatMeetsTheLossIsRefusedAndHoldsNoPlace() {
        Rig rig = new Rig(model, config);
        model.lose(LostAt.LOAD_ADAPTER, WHY, 1);
        AtomicInteger unneeded = new AtomicInteger();
        CompletableFuture<EngineAdapter> at = rig.engine.loadAdapter(AdaptersTest.data("one", unneeded));
        rig.step();
        CompletableFuture<EngineAdapter> meanwhile = rig.engine.loadAdapter(AdaptersTest.data("one", unneeded));
        rig.step();
        for (CompletableFuture<EngineAdapter> each : List.of(at, meanwhile)) {
            CompletionException failed = catchThrowableOfType(CompletionException.class, each::join);
            assertThat(failed).cause().hasMessage(WHY).isInstanceOfSatisfying(RefusedException.class, refused -> {
                assertThat(refused.refusal()).isEqualTo(Cause.UNAVAILABLE);
                assertThat(refused.retryAfterSeconds()).isPositive();
            });
        }
        assertThat(unneeded).hasValue(2);
        rig.step();
        CompletableFuture<EngineAdapter> one = rig.engine.loadAdapter(AdaptersTest.adapter("one", 4));
        CompletableFuture<EngineAdapter> two = rig.engine.loadAdapter(AdaptersTest.adapter("two", 4));
        rig.run();
        assertThat(List.of(one.join().digest(), two.join().digest())).containsExactly("one", "two");
        model.lose(LostAt.DROP_ADAPTER, WHY, 0);
        one.join().giveUp();
        rig.steps(2);
        assertThat(model.adapters()).containsExactly("two");
        CompletableFuture<EngineAdapter> three = rig.engine.loadAdapter(AdaptersTest.adapter("three", 4));
        rig.run();
        assertThat(three).isCompleted();
        assertThat(model.adapters()).containsExactlyInAnyOrder("two", "three");
    }

    /** What a store has stays true; what was on its way there, or from there, is not half of anything. */
    @ParameterizedTest
    @EnumSource(
            value = LostAt.class,
            mode = Mode.EXCLUDE,
            names = {"BETWEEN_STEPS", "LOAD_ADAPTER", "DROP_ADAPTER"})
    void snapshotsStayTrue(LostAt at) throws RefusedException {
        KeptBlocks store = new KeptBlocks(1 << 16);
        store.room = 100;
        Rig rig = new Rig(model, config, store);
        Submission submission = Asks.greedy(Asks.prompt(40, 1), 20);
        rig.ask(submission);
        rig.run();
        int kept = store.blocks.size();
        assertThat(kept).isPositive();
        int room = store.room;
        rig.ask(Asks.greedy(Asks.prompt(40, 2), 5)); // Its turn is read out at its end.
        model.lose(at, WHY, 2);
        if (at == LostAt.WRITE_PAGE) { // What the first one said has to come back from the store.
            model.lose(LostAt.AWAIT, WHY, 0);
            rig.steps(2);
            model.lose(at, WHY, 2);
            rig.ask(submission);
        }
        for (int i = 0; i < 100 && !model.isLost(); i++) {
            rig.step();
        }
        assertThat(rig.engine.outage()).isEqualTo(WHY);
        rig.assertIdle();
        assertThat(store.room).isEqualTo(room - (store.blocks.size() - kept));
        assertThat(store.forgotten).isEmpty();
        rig.steps(3);
        assertThat(store.lent).isZero();
        Rig.Ask again = rig.ask(submission);
        rig.run().assertAsAlone(again, "from the store");
        assertThat(again.first().finish().cachedTokens()).isPositive();
        assertThat(store.lent).isZero();
        rig.assertIdle();
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 60);
    }

    /** Lost at random steps by random calls, back after random looks: who ends by himself ends as if alone, everybody else is told. */
    @ParameterizedTest
    @MethodSource("seeds")
    void lostAtRandomAndBack(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        KeptBlocks store = new KeptBlocks(1 << 16);
        Rig rig = random.nextBoolean()
                ? new Rig(FakeModel.of(50, 0, 11), config, store)
                : Rig.guessingNowAndThen(seed, FakeModel.of(50, 7, 0), config);
        List<CompletableFuture<EngineAdapter>> adapters = List.of(
                rig.engine.loadAdapter(AdaptersTest.adapter("one", 4)),
                rig.engine.loadAdapter(AdaptersTest.adapter("two", 1)));
        rig.run();
        List<Rig.Ask> asks = new ArrayList<>();
        List<Rig.Ask> cancelled = new ArrayList<>();
        List<LostAt> anyCall =
                List.of(LostAt.BETWEEN_STEPS, LostAt.SUBMIT, LostAt.AWAIT, LostAt.READ_PAGE, LostAt.WRITE_PAGE);
        int refusals = 0;
        int outages = 0;
        for (int round = 0; round < 300; round++) {
            if (random.nextInt(4) == 0) {
                Submission submission = Asks.randomlyContinued(random, 60, 40, random.nextInt(5));
                if (random.nextBoolean()) {
                    submission =
                            submission.adapted(adapters.get(random.nextInt(2)).join());
                }
                try {
                    asks.add(rig.ask(submission, submission.continued() > 0 ? 1 : 1 + random.nextInt(2)));
                } catch (RefusedException refused) {
                    assertThat(refused).hasMessage(WHY);
                    refusals++;
                }
            }
            if (!rig.model.isLost() && random.nextInt(20) == 0) {
                rig.model.lose(anyCall.get(random.nextInt(anyCall.size())), WHY, random.nextInt(4));
            }
            Rig.disturb(asks, cancelled, random);
            boolean before = rig.model.isLost();
            rig.step();
            outages += !before && rig.model.isLost() ? 1 : 0;
            store.answersAtOnce = random.nextBoolean();
            if (store.answersAtOnce) {
                while (store.answer()) {
                    rig.engine.checkBooks();
                }
            }
        }
        rig.model.lose(LostAt.AWAIT, WHY, 0);
        store.answersAtOnce = true;
        rig.steps(10);
        while (store.answer()) {
            rig.step();
        }
        asks.forEach(ask -> ask.request(Long.MAX_VALUE));
        rig.run();
        assertThat(outages + refusals).as("outages and refusals").isPositive();
        for (int i = 0; i < asks.size(); i++) {
            Rig.Ask ask = asks.get(i);
            for (int choice = 0; choice < ask.heard().size(); choice++) {
                Recorder heard = ask.heard().get(choice);
                assertThat(heard.over()).as("seed " + seed + ", request " + i).isTrue();
                assertThat(heard.offences).as("seed " + seed + ", request " + i).isEmpty();
                if (heard.reason() == FinishReason.LOST) {
                    assertThat(heard.finish().error()).isEqualTo(WHY);
                } else if (!cancelled.contains(ask)) {
                    rig.assertAsAlone(ask, choice, "seed " + seed + ", request " + i);
                }
            }
        }
        rig.assertIdle();
        assertThat(store.lent).isZero();
        assertThat(store.forgotten).isEmpty();
    }

    /** So that readiness tells of it, though nobody asks for anything. */
    @Test
    void aLossIsHeardOfWhileNothingRuns() {
        EngineLoop engine = new EngineLoop(model, config, EngineObserver.NONE, System::nanoTime);
        engine.start();
        try {
            await().until(() -> engine.heartbeat().resting() && !engine.called());
            model.lose(LostAt.BETWEEN_STEPS, WHY, Integer.MAX_VALUE);
            await().until(() -> WHY.equals(engine.outage()) && !engine.status().healthy());
        } finally {
            engine.close();
        }
    }

    /** The engine's own thread asks for itself whether the part is back, also when nobody says anything. */
    @Test
    void theThreadLooksUntilThePartIsBack() throws Exception {
        EngineLoop engine = new EngineLoop(model, config, EngineObserver.NONE, System::nanoTime);
        model.lose(LostAt.AWAIT, WHY, 3);
        engine.start();
        try {
            Recorder heard = new Recorder();
            engine.submit(Asks.greedy(Asks.prompt(4, 1), 4), List.of(heard));
            await().until(heard::over);
            assertThat(heard.reason()).isEqualTo(FinishReason.LOST);
            await().until(() -> engine.outage() == null && engine.status().healthy());
            Recorder again = new Recorder();
            engine.submit(Asks.greedy(Asks.prompt(4, 1), 4), List.of(again));
            await().until(again::over);
            assertThat(again.reason()).isEqualTo(FinishReason.LENGTH);
        } finally {
            engine.close();
        }
    }
}
