package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.tramontane.fixtures.FakeModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that die while they hand something over to the engine, or are called by it: one request ends, nothing is lost. */
final class HandOverTest {
    private static final Duration HANG = Duration.ofMinutes(3);
    private static final int FRAMES = 400;

    private final FakeModel model = FakeModel.of(50, 0, 9);
    private Rig rig = new Rig(model, Asks.withQueue(Asks.config(4, 8, 4, 200, 6), 2 * FRAMES, 1L << 30));

    /** Calls {@code attempt} with less and more stack left, from hardly any up; it dies at every point it passes. */
    static void atTheEndOfTheStack(Runnable attempt) throws Exception {
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        dive(new int[1], attempt);
                    } catch (Throwable unexpected) {
                        wrong.set(unexpected);
                    }
                },
                "diver",
                256 << 10);
        thread.start();
        thread.join();
        assertThat(wrong.get()).isNull();
    }

    @SuppressWarnings("InfiniteRecursion") // To the end of the stack is where it goes.
    private static void dive(int[] risen, Runnable attempt) {
        try {
            dive(risen, attempt);
        } catch (StackOverflowError bottom) {
            // Rise.
        }
        if (risen[0]++ < FRAMES) {
            try {
                attempt.run();
            } catch (StackOverflowError died) {
                // At the next frame there is a little more.
            }
        }
    }

    @Test
    void submittersThatDieAnywhereLoseNoPlaceAndHoldUpNoShutdown() throws Exception {
        for (int warm = 0; warm < 3; warm++) {
            rig.ask(Asks.greedy(Asks.prompt(3, warm), 1));
            rig.run();
        }
        List<Recorder> accepted = new ArrayList<>();
        List<Recorder> died = new ArrayList<>();
        atTheEndOfTheStack(() -> {
            Recorder heard = new Recorder();
            died.add(heard);
            try {
                rig.engine.submit(Asks.greedy(Asks.prompt(3, 1), 1), List.of(heard));
            } catch (RefusedException refused) {
                throw new AssertionError(refused);
            }
            died.removeLast();
            accepted.add(heard);
        });
        assertThat(died).as("attempts that died").isNotEmpty();
        assertThat(accepted).as("attempts that got through").isNotEmpty();
        rig.run();
        assertThat(accepted).allMatch(Recorder::over);
        assertThat(died)
                .as("told nothing, since they have been told by the error")
                .noneMatch(Recorder::over);
        rig.assertIdle();
        for (int i = 0; i < 2 * FRAMES; i++) {
            rig.ask(Asks.greedy(Asks.prompt(3, i), 1)); // Every place of the queue is there.
        }
        assertTimeoutPreemptively(HANG, rig.engine::close);
    }

    /** The stack ends when a request that counts already is to be queued, wherever that is. */
    @Test
    void whoseStackEndsAtTheDoorTakesItsPlaceBack() throws Exception {
        Intake intake = new Intake(new EngineSignal(), 2 * FRAMES, 1L << 30, () -> 0, new ConcurrentLinkedQueue<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean add(Intake.Command command) {
                return deeper();
            }

            @SuppressWarnings("InfiniteRecursion") // To the end of the stack is where it goes.
            private boolean deeper() {
                return deeper();
            }
        });
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < FRAMES + 1; i++) {
            requests.add(new Request(Asks.greedy(Asks.prompt(3, 1), 1), 4, 50, List.of(new Recorder()), intake, 0));
        }
        assertThatThrownBy(() -> intake.submit(requests.removeLast())).isInstanceOf(StackOverflowError.class);
        atTheEndOfTheStack(() -> {
            Request request = requests.removeLast();
            try {
                intake.submit(request);
            } catch (RefusedException refused) {
                throw new AssertionError(refused);
            }
        });
        assertThat(requests).as("not tried").hasSizeLessThan(FRAMES);
        assertThat(intake.door().queued().requests()).isZero();
    }

    /** Memory is short just when a request that counts already is to be queued, before it is or after. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoDiesAtTheDoorTakesItsPlaceBack(boolean queued) throws RefusedException {
        AtomicBoolean dying = new AtomicBoolean();
        Intake intake = new Intake(new EngineSignal(), 10, 100, () -> 0, new ConcurrentLinkedQueue<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean add(Intake.Command command) {
                if (dying.get()) {
                    if (queued) {
                        super.add(command);
                    }
                    throw new OutOfMemoryError("on purpose");
                }
                return super.add(command);
            }
        });
        Request request = new Request(Asks.greedy(Asks.prompt(3, 1), 1), 4, 50, List.of(new Recorder()), intake, 0);
        Request next = new Request(Asks.greedy(Asks.prompt(3, 2), 1), 4, 50, List.of(new Recorder()), intake, 0);
        dying.set(true);
        assertThatThrownBy(() -> intake.submit(request)).isInstanceOf(OutOfMemoryError.class);
        assertThat(intake.door().queued().requests()).isZero();
        dying.set(false);
        intake.submit(next);
        assertThat(intake.door().queued().requests()).isEqualTo(1);
        List<Request> taken = new ArrayList<>();
        for (Intake.Command command = intake.poll(); command != null; command = intake.poll()) {
            if (command instanceof Intake.Submit(Request submitted) && submitted.claim()) {
                taken.add(submitted);
            }
        }
        assertThat(taken).containsExactly(next);
    }

    /** The engine looks for the last time and waits for nobody; whoever comes later is refused and counts no more. */
    @Test
    void whoComesAfterTheLastLookIsRefused() {
        Intake intake = new Intake(new EngineSignal(), 10, 100, () -> 0);
        intake.leaveForGood();
        Request late = new Request(Asks.greedy(Asks.prompt(3, 1), 1), 4, 50, List.of(new Recorder()), intake, 0);
        assertThatThrownBy(() -> intake.submit(late)).isInstanceOf(RefusedException.class);
        assertThat(intake.door().queued().requests()).isZero();
    }

    @Test
    void aCancellationThatDiesIsFound() throws Exception {
        for (int round = 0; round < 5; round++) {
            Rig.Ask parked = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(5, round), 9), 1));
            Rig.Ask waiting = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(195, round), 3), 0), 6);
            rig.run();
            atTheEndOfTheStack(parked::cancel);
            atTheEndOfTheStack(waiting::cancel);
            rig.run();
            assertThat(parked.first().reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(waiting.over()).isTrue();
            rig.assertIdle();
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {OutOfMemoryError.class, StackOverflowError.class, IllegalStateException.class})
    void anObserverThatThrowsCostsFiguresOnly(Class<? extends Throwable> thrown) throws RefusedException {
        EngineObserver rude = new EngineObserver() {
            @Override
            public void queued() {
                throw Thrown.unchecked(thrown);
            }

            @Override
            public void started(long queueNanos) {
                throw Thrown.unchecked(thrown);
            }

            @Override
            public void firstToken(long nanos) {
                throw Thrown.unchecked(thrown);
            }

            @Override
            public void finished(FinishReason reason, int promptTokens, int generatedTokens, Phases phases) {
                throw Thrown.unchecked(thrown);
            }

            @Override
            public void books(EngineStatus status) {
                throw Thrown.unchecked(thrown);
            }
        };
        rig = new Rig(model, rig.config, rude);
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(5, 1), 9), 2);
        Rig.Ask mate = rig.ask(Asks.greedy(Asks.prompt(5, 2), 9));
        rig.run();
        rig.assertAsAlone(ask, "observed");
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
        assertThat(rig.status().healthy()).isTrue();
    }

    /** A listener's error is its own sequence's, and it is told as one. */
    @ParameterizedTest
    @ValueSource(classes = {OutOfMemoryError.class, StackOverflowError.class})
    void aListenerThatDiesIsTold(Class<? extends Throwable> thrown) throws RefusedException {
        Rig.Ask mate = rig.ask(Asks.greedy(Asks.prompt(5, 2), 20));
        Recorder rude = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                throw Thrown.unchecked(thrown);
            }
        };
        rig.engine.submit(Asks.greedy(Asks.prompt(5, 1), 9), List.of(rude));
        rig.run();
        assertThat(rude.reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rude.finish().error()).isEqualTo(EngineLoop.BROKEN);
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
    }
}
