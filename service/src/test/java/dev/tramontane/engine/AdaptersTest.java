package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Adapters' places, their comings and goings, and that nobody finds what was computed with another one. */
final class AdaptersTest {
    private static final int CONTEXT = 2000;

    private final FakeModel model = FakeModel.of(50, 0, 48);
    private final Rig rig =
            new Rig(model, Asks.config(4, 64, 32, CONTEXT, 8).withAdapters(new AdapterRoom(2, 8, Adapter.Type.F32)));

    /** What the fake model looks at. */
    static Adapter adapter(String digest, int rank) {
        ByteBuffer none = ByteBuffer.allocateDirect(0);
        return new Adapter(
                digest,
                List.of(new Adapter.Part(
                        Adapter.Matrix.Q, 0, rank, 1, true, Adapter.Type.F32, none, Adapter.Type.F32, none)));
    }

    /** The same of somebody who counts how often he is told that it is not needed any more. */
    static AdapterData data(String digest, AtomicInteger released) {
        return data(digest, released, () -> true);
    }

    /** @param unchanged asked before it is loaded again */
    static AdapterData data(String digest, AtomicInteger released, BooleanSupplier unchanged) {
        return new AdapterData() {
            @Override
            public Adapter adapter() {
                return AdaptersTest.adapter(digest, 4);
            }

            @Override
            public boolean isUnchanged() {
                return unchanged.getAsBoolean();
            }

            @Override
            public void release() {
                released.incrementAndGet();
            }
        };
    }

    private EngineAdapter load(String digest) {
        CompletableFuture<EngineAdapter> loaded = rig.engine.loadAdapter(adapter(digest, 4));
        rig.run();
        return loaded.join();
    }

    @Test
    void manyAdaptersInOneBatchAreAsEachAlone() throws RefusedException {
        EngineAdapter[] adapters = {null, load("one"), load("two")};
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 9; i++) { // The same prompt thrice of each kind: only its own kind finds it.
            Submission submission = Asks.greedy(Asks.prompt(100, 1), 30);
            asks.add(rig.ask(submission.adapted(adapters[i % 3])));
        }
        rig.run();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "among adapters");
        }
        assertThat(asks.get(1).first().tokens).isNotEqualTo(asks.get(0).first().tokens);
        rig.assertIdle();
    }

    @Test
    void whatWasComputedIsFoundByTheSameAdapterOnlyAlsoWhenItComesAgain() throws RefusedException {
        EngineAdapter one = load("one");
        Submission plain = Asks.greedy(Asks.prompt(100, 1), 5);
        rig.ask(plain.adapted(one));
        rig.run();
        Rig.Ask without = rig.ask(plain);
        rig.run();
        assertThat(without.first().finish().cachedTokens()).isZero();
        EngineAdapter two = load("two");
        Rig.Ask other = rig.ask(plain.adapted(two));
        rig.run();
        assertThat(other.first().finish().cachedTokens()).isZero();
        one.giveUp();
        two.giveUp();
        rig.run();
        load("three"); // Where the first one was.
        Rig.Ask again = rig.ask(plain.adapted(load("one")));
        rig.run().assertAsAlone(again, "again");
        assertThat(again.first().finish().cachedTokens()).isEqualTo(99);
    }

    @Test
    void anAdapterGoesWhenItsLastRequestIsOver() throws RefusedException {
        EngineAdapter one = load("one");
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(50, 1), 20).adapted(one), 2);
        Rig.Ask cancelled = rig.ask(Asks.greedy(Asks.prompt(50, 2), 20).adapted(one));
        rig.steps(3);
        one.giveUp();
        one.giveUp();
        assertThatThrownBy(() -> rig.ask(Asks.greedy(Asks.prompt(5, 1), 2).adapted(one)))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(RefusedException.Cause.GONE));
        rig.steps(1);
        assertThat(model.adapters()).containsExactly("one");
        assertThat(one.users()).isEqualTo(2);
        cancelled.cancel();
        rig.run().assertAsAlone(ask, "given up");
        assertThat(one.users()).isZero();
        assertThat(model.adapters()).isEmpty();
        rig.assertIdle();
    }

    /** As an answer does that gave its place to others. */
    @Test
    void whoeverHoldsAnAdapterComesBackToIt() throws RefusedException {
        EngineAdapter one = load("one");
        assertThat(one.hold()).isTrue();
        Submission submission = Asks.greedy(Asks.prompt(50, 1), 20).adapted(one);
        rig.ask(submission);
        rig.run();
        one.giveUp();
        rig.run();
        assertThat(one.users()).isZero();
        assertThat(model.adapters()).containsExactly("one");
        Rig.Ask again = rig.ask(submission);
        rig.steps(3);
        one.letGo();
        assertThat(one.hold()).isFalse();
        rig.run().assertAsAlone(again, "came back");
        rig.run();
        assertThat(model.adapters()).isEmpty();
        assertThatThrownBy(() -> rig.ask(submission)).isInstanceOf(RefusedException.class);
        rig.assertIdle();
    }

    @Test
    void whoRunsAndWhoWaitsWithAnAdapterIsCounted() throws RefusedException {
        EngineAdapter one = load("one");
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 10; i++) { // Two more than there are slots.
            asks.add(rig.ask(Asks.greedy(Asks.prompt(20, i), 30).adapted(one)));
        }
        assertThat(one.running()).isZero();
        rig.steps(2);
        assertThat(one.running()).isEqualTo(8);
        assertThat(one.users()).isEqualTo(10);
        asks.getLast().cancel(); // Which waits.
        asks.getFirst().cancel();
        rig.steps(1);
        assertThat(one.running()).isEqualTo(8);
        assertThat(one.users()).isEqualTo(8);
        rig.run();
        assertThat(one.running()).isZero();
        assertThat(one.users()).isZero();
    }

    @Test
    void refusedRequestsHoldNothing() {
        EngineAdapter one = load("one");
        assertThatThrownBy(() ->
                        rig.ask(Asks.greedy(Asks.prompt(CONTEXT + 1, 1), 20).adapted(one)))
                .isInstanceOf(RefusedException.class);
        assertThat(one.users()).isZero();
    }

    @Test
    void placesAreCountedAndFreedByWhatDoesNotFit() {
        CompletableFuture<EngineAdapter> large = rig.engine.loadAdapter(adapter("large", 9));
        EngineAdapter one = load("one");
        assertThatThrownBy(large::join).hasCauseInstanceOf(ModelException.class);
        load("two");
        CompletableFuture<EngineAdapter> third = rig.engine.loadAdapter(adapter("three", 1));
        assertThatThrownBy(third::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("all 2 places for adapters are taken");
        one.giveUp();
        rig.run();
        load("three");
        assertThat(model.adapters()).containsExactlyInAnyOrder("two", "three");
    }

    @Test
    void whoeverWaitsForAnAdapterIsToldOfTheEnd() {
        CompletableFuture<EngineAdapter> never = rig.engine.loadAdapter(adapter("one", 1));
        rig.engine.close(); // Whose last look may still have come to it.
        assertThat(never).isDone();
        assertThatThrownBy(() -> rig.engine.loadAdapter(adapter("two", 1)).join())
                .hasMessageContaining("takes no adapters any more");
    }

    @Test
    void anEngineWithoutRoomSaysSo() {
        Rig none = new Rig(FakeModel.of(50, 0), Asks.config(4, 64, 32, CONTEXT, 8));
        assertThatThrownBy(() -> none.engine.loadAdapter(adapter("one", 1)).join())
                .hasMessageContaining("without room for adapters");
    }
}
