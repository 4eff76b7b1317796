package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine on its own thread. Waits have generous limits that only a hang reaches. */
@Timeout(300) // Only a hang reaches it.
final class EngineThreadTest {
    private final FakeModel model = FakeModel.of(50, 0, 16);
    private final EngineConfig config = Asks.config(4, 16, 4, 200, 8);

    private EngineLoop started() {
        return started(config);
    }

    private EngineLoop started(EngineConfig sizes) {
        EngineLoop engine = new EngineLoop(model, sizes, EngineObserver.NONE, System::nanoTime);
        engine.start();
        return engine;
    }

    private static void awaitEnd(Recorder heard) throws InterruptedException {
        assertThat(heard.ended.await(3, TimeUnit.MINUTES)).as("ended").isTrue();
    }

    @Test
    void wakesForEverySubmissionAndDemand() throws Exception {
        try (EngineLoop engine = started()) {
            for (int i = 0; i < 300; i++) {
                Recorder heard = new Recorder();
                Submission submission = Asks.demand(Asks.greedy(Asks.prompt(3, i), 5), 0);
                SequenceHandle handle =
                        engine.submit(submission, List.of(heard)).getFirst();
                for (int token = 0; token < 5; token++) {
                    handle.request(1);
                }
                awaitEnd(heard);
                assertThat(heard.tokens)
                        .isEqualTo(FakeReference.run(model.geometry(), 200, submission, 0)
                                .tokens());
            }
        }
    }

    @Test
    void callsListenersOnItsThread() throws Exception {
        AtomicReference<String> name = new AtomicReference<>();
        try (EngineLoop engine = started()) {
            Recorder heard = new Recorder() {
                @Override
                public void onStarted() {
                    super.onStarted();
                    name.set(Thread.currentThread().getName());
                }
            };
            engine.submit(Asks.greedy(Asks.prompt(3, 1), 2), List.of(heard));
            awaitEnd(heard);
        }
        assertThat(name.get()).isEqualTo("tramontane-engine");
    }

    /** Several threads submit, cancel and demand at once; whoever is not cancelled gets what he would get alone. */
    @Test
    void hammered() throws Exception {
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        AtomicInteger completed = new AtomicInteger();
        try (EngineLoop engine = started()) {
            List<Thread> clients = new ArrayList<>();
            for (int client = 0; client < 6; client++) {
                long seed = 1000L + client;
                clients.add(Thread.ofPlatform().start(() -> hammer(engine, seed, wrong, completed)));
            }
            for (Thread client : clients) {
                client.join();
            }
            await().until(() -> engine.status().pagesReserved() == 0);
            EngineStatus status = engine.status();
            assertThat(status.healthy()).isTrue();
            assertThat(status.pagesUsed()).isZero();
            assertThat(status.queued() + status.running() + status.parked()).isZero();
        }
        assertThat(wrong).isEmpty();
        assertThat(completed.get()).isGreaterThan(300);
    }

    private void hammer(EngineLoop engine, long seed, Queue<String> wrong, AtomicInteger completed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 150; i++) {
            Submission submission = Asks.random(random, 30, 20, random.nextInt(4));
            List<Recorder> heard = List.of(new Recorder(), new Recorder()).subList(0, 1 + random.nextInt(2));
            try {
                List<SequenceHandle> handles = engine.submit(submission, heard);
                boolean cancels = random.nextInt(4) == 0;
                for (int k = random.nextInt(5); k > 0; k--) {
                    handles.get(random.nextInt(handles.size())).request(1 + random.nextInt(9));
                }
                handles.forEach(cancels ? SequenceHandle::cancel : handle -> handle.request(Long.MAX_VALUE));
                for (int choice = 0; choice < heard.size(); choice++) {
                    awaitEnd(heard.get(choice));
                    check(submission, heard.get(choice), choice, seed + ", request " + i, wrong, completed);
                }
            } catch (RefusedException | InterruptedException | RuntimeException | AssertionError e) {
                wrong.add("seed " + seed + ": " + e);
            }
        }
    }

    private void check(
            Submission submission,
            Recorder heard,
            int choice,
            String where,
            Queue<String> wrong,
            AtomicInteger completed) {
        if (!heard.offences.isEmpty()) {
            wrong.add("seed " + where + ": " + heard.offences);
        }
        if (heard.reason() != FinishReason.CANCELLED) {
            FakeReference alone = FakeReference.run(model.geometry(), 200, submission, choice);
            completed.incrementAndGet();
            if (!heard.tokens.equals(alone.tokens()) || heard.reason() != alone.reason()) {
                wrong.add("seed " + where + ": " + heard.tokens + " instead of " + alone.tokens());
            }
        }
    }

    /** Everybody who passed the door is told the end, and everybody else is refused, however close() falls. */
    @Test
    void closedWhileHammered() throws Exception {
        for (int round = 0; round < 40; round++) {
            EngineLoop engine = started(Asks.withQueue(config, 30, 1000));
            Queue<Recorder> accepted = new ConcurrentLinkedQueue<>();
            CountDownLatch busy = new CountDownLatch(20);
            List<Thread> clients = new ArrayList<>();
            for (int client = 0; client < 4; client++) {
                int salt = client;
                clients.add(Thread.ofPlatform().start(() -> submitUntilClosed(engine, salt, accepted, busy)));
            }
            busy.await();
            engine.close();
            for (Thread client : clients) {
                client.join();
            }
            for (Recorder heard : accepted) {
                awaitEnd(heard);
            }
            assertThat(engine.status().pagesReserved()).isZero();
        }
    }

    private static void submitUntilClosed(EngineLoop engine, int salt, Queue<Recorder> accepted, CountDownLatch busy) {
        while (true) {
            Recorder heard = new Recorder();
            try {
                engine.submit(Asks.greedy(Asks.prompt(5, salt), 50), List.of(heard));
                accepted.add(heard);
                busy.countDown();
            } catch (RefusedException e) {
                if (e.refusal() == RefusedException.Cause.UNAVAILABLE) {
                    return;
                }
                // The queue is full: leave the processor to the engine.
                LockSupport.parkNanos(100_000);
            }
        }
    }

    @Test
    void closedWhileAStepRuns() throws Exception {
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        EngineLoop engine = started();
        CountDownLatch submitted = new CountDownLatch(1);
        model.spy(batch -> submitted.countDown());
        Recorder heard = new Recorder();
        engine.submit(Asks.greedy(Asks.prompt(5, 1), 50), List.of(heard));
        submitted.await();
        Thread closer = Thread.ofPlatform().start(engine::close);
        await().until(() -> closer.getState() == Thread.State.WAITING);
        RefusedException refused = catchThrowableOfType(
                RefusedException.class,
                () -> engine.submit(Asks.greedy(Asks.prompt(5, 1), 5), List.of(new Recorder())));
        assertThat(refused.refusal()).isEqualTo(RefusedException.Cause.UNAVAILABLE);
        assertThat(heard.over()).as("the step still runs").isFalse();
        gate.release(1);
        closer.join();
        assertThat(heard.reason()).isEqualTo(FinishReason.CANCELLED);
        model.close();
    }

    @Test
    void closedByAListener() throws Exception {
        EngineLoop engine = started();
        Recorder heard = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                engine.close();
            }
        };
        engine.submit(Asks.greedy(Asks.prompt(5, 1), 50), List.of(heard));
        awaitEnd(heard);
        assertThat(heard.tokens).hasSize(1);
        assertThat(heard.reason()).isEqualTo(FinishReason.CANCELLED);
        engine.close();
    }

    /** Not only the model's own exceptions: no error may leave clients waiting, and none may kill the thread. */
    @ParameterizedTest
    @ValueSource(classes = {OutOfMemoryError.class, StackOverflowError.class, IllegalStateException.class})
    void anyErrorIsLatchedAndTold(Class<? extends Throwable> thrown) throws Exception {
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        AtomicBoolean armed = new AtomicBoolean();
        model.spy(batch -> {
            if (armed.get()) {
                throw Thrown.unchecked(thrown);
            }
        });
        try (EngineLoop engine = started()) {
            Recorder heard = new Recorder();
            Recorder queued = new Recorder();
            engine.submit(Asks.greedy(Asks.prompt(5, 1), 50), List.of(heard));
            engine.submit(Asks.demand(Asks.greedy(Asks.prompt(5, 2), 50), 0), List.of(queued));
            armed.set(true);
            gate.release(1000);
            awaitEnd(heard);
            awaitEnd(queued);
            assertThat(heard.reason()).isEqualTo(FinishReason.ERROR);
            assertThat(queued.reason()).isEqualTo(FinishReason.ERROR);
            await().until(() -> !engine.status().healthy());
            assertThat(engine.status().pagesReserved()).isZero();
            RefusedException refused = catchThrowableOfType(
                    RefusedException.class,
                    () -> engine.submit(Asks.greedy(Asks.prompt(5, 1), 50), List.of(new Recorder())));
            assertThat(refused.refusal()).isEqualTo(RefusedException.Cause.UNAVAILABLE);
        }
    }
}
