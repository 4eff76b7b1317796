package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Sampling;
import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The watchdog with the test's clock: real threads that are blocked on purpose, and no waiting for limits. */
@Timeout(300) // Only a hang reaches it.
class WatchdogTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final AtomicLong nanos = new AtomicLong();
    private final List<Integer> halts = new CopyOnWriteArrayList<>();
    private final Watchdog watchdog = new Watchdog(LIMIT, nanos::get, halts::add);

    /** So many seconds go by, with a look at every one. */
    private void pass(int seconds) throws InterruptedException {
        for (int i = 0; i < seconds; i++) {
            nanos.addAndGet(1_000_000_000);
            watchdog.look();
        }
    }

    @Test
    void aStageThatComputesWithoutEndIsNotLive() throws Exception {
        Heartbeat heartbeat = new Heartbeat();
        watchdog.watch(Pulse.of(heartbeat));
        pass(120);
        assertThat(watchdog.verdict().well()).as("it waits for its server").isTrue();
        heartbeat.rest(false);
        heartbeat.beat();
        watchdog.look();
        pass(59);
        assertThat(watchdog.verdict().well()).isTrue();
        pass(2);
        assertThat(watchdog.verdict().well()).isFalse();
        assertThat(watchdog.verdict().detail()).contains("the thread that computes for the server");
        heartbeat.rest(true);
        pass(1);
        assertThat(watchdog.verdict().well()).isTrue();
    }

    @Test
    void anEventLoopThatIsBlockedIsNotLiveAndThenTheEnd() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        DefaultEventLoop lively = new DefaultEventLoop();
        CountDownLatch blocked = new CountDownLatch(1);
        try {
            watchdog.watch(Pulse.of(lively, 0));
            watchdog.watch(Pulse.of(loop, 1));
            loop.submit(() -> {}).sync();
            pass(1);
            assertThat(watchdog.verdict().well()).isTrue();
            block(loop, blocked);
            watchdog.look();
            passWithAnswers(59, lively);
            assertThat(watchdog.verdict().well()).isTrue();
            passWithAnswers(3, lively);
            assertThat(watchdog.verdict().well()).isFalse();
            assertThat(watchdog.verdict().detail()).startsWith("event loop 1 has not moved for 6");
            assertThat(halts).isEmpty();
            passWithAnswers(62, lively);
            assertThat(halts).isNotEmpty().containsOnly(ExitCode.STUCK);
        } finally {
            blocked.countDown();
            var _ = loop.shutdownGracefully();
            var _ = lively.shutdownGracefully();
        }
    }

    /** As {@link #pass}, with time for the lively loop to answer each look. */
    private void passWithAnswers(int seconds, DefaultEventLoop lively) throws InterruptedException {
        for (int i = 0; i < seconds; i++) {
            pass(1);
            lively.submit(() -> {}).sync();
        }
    }

    @Test
    void anEventLoopThatHasDiedCountsAsBlocked() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        watchdog.watch(Pulse.of(loop, 0));
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        watchdog.look();
        pass(62);
        assertThat(watchdog.verdict().well()).isFalse();
    }

    @Test
    void whoMovesAgainIsForgiven() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        CountDownLatch blocked = new CountDownLatch(1);
        try {
            watchdog.watch(Pulse.of(loop, 0));
            block(loop, blocked);
            watchdog.look();
            pass(62);
            assertThat(watchdog.verdict().well()).isFalse();
            blocked.countDown();
            loop.submit(() -> {}).sync();
            pass(1);
            assertThat(watchdog.verdict().well()).isTrue();
            assertThat(halts).isEmpty();
        } finally {
            var _ = loop.shutdownGracefully();
        }
    }

    @Test
    void anEngineWhoseStepNeverEndsIsNotLiveButOneThatRestsIs() throws Exception {
        FakeModel model = FakeModel.of(50, 0);
        EngineConfig sizes = new EngineConfig(
                new EngineConfig.Step(4, 16, 8),
                new EngineConfig.Cache(4, CacheType.F32, 1L << 30),
                new EngineConfig.Admission(8, 200, 4, 16, 1 << 16));
        EngineLoop engine = new EngineLoop(model, sizes, EngineObserver.NONE, System::nanoTime);
        engine.start();
        watchdog.watch(Pulse.of(engine));
        await().until(() -> engine.heartbeat().resting());
        pass(1000);
        assertThat(watchdog.verdict().well()).as("resting").isTrue();

        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        CountDownLatch inStep = new CountDownLatch(1);
        model.spy(batch -> inStep.countDown());
        CountDownLatch ended = new CountDownLatch(1);
        engine.submit(
                new Submission(new int[] {1, 2, 3}, 4, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE),
                List.of(new SequenceListener() {
                    @Override
                    public void onToken(TokenScore token) {}

                    @Override
                    public void onFinish(Finish finish) {
                        ended.countDown();
                    }
                }));
        inStep.await();
        watchdog.look();
        pass(62);
        assertThat(watchdog.verdict().detail()).startsWith("the engine's thread has not moved for 6");
        model.gate(null);
        gate.release(1000);
        ended.await();
        await().until(() -> engine.heartbeat().resting());
        pass(1);
        assertThat(watchdog.verdict().well()).isTrue();
        assertThat(halts).isEmpty();
        engine.close();
        pass(62);
        assertThat(watchdog.verdict().well()).as("its thread is gone").isFalse();
    }

    /** A pulse of the test's own. */
    private static final class Still implements Pulse {
        long expected;

        @Override
        public String name() {
            return "a thread";
        }

        @Override
        public long beats() {
            return 7;
        }

        @Override
        public boolean pending() {
            return true;
        }

        @Override
        public long expectedNanos() {
            return expected;
        }

        @Override
        public Optional<Thread> thread() {
            return Optional.of(Thread.currentThread());
        }
    }

    /** A step of many rows on a slow machine. */
    @Test
    void whatIsExpectedToTakeLongMay() throws InterruptedException {
        Still step = new Still();
        step.expected = Duration.ofSeconds(100).toNanos();
        watchdog.watch(step);
        pass(799);
        assertThat(watchdog.verdict().well()).isTrue();
        pass(2);
        assertThat(watchdog.verdict().well()).isFalse();
        pass(700);
        assertThat(halts).isEmpty();
        pass(200);
        assertThat(halts).isNotEmpty();
    }

    /** When the process as a whole was stopped, its threads can't be blamed. */
    @Test
    void aSuspendedProcessIsNotStuck() throws InterruptedException {
        watchdog.watch(new Still());
        pass(50);
        nanos.addAndGet(Duration.ofHours(2).toNanos());
        watchdog.look();
        pass(50);
        assertThat(watchdog.verdict().well()).isTrue();
        pass(20);
        assertThat(watchdog.verdict().well()).isFalse();
        assertThat(halts).isEmpty();
    }

    private static final class Deaf implements SequenceListener {
        @Override
        public void onToken(TokenScore token) {}

        @Override
        public void onFinish(Finish finish) {}
    }

    /** An engine that is stuck in a step holds up its close for ever; the process ends all the same. */
    @Test
    void aShutdownWithAStuckEngineEnds() throws Exception {
        FakeModel model = FakeModel.of(50, 0);
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        EngineLoop engine = new EngineLoop(
                model,
                new EngineConfig(
                        new EngineConfig.Step(4, 16, 8),
                        new EngineConfig.Cache(4, CacheType.F32, 1L << 30),
                        new EngineConfig.Admission(8, 200, 4, 16, 1 << 16)),
                EngineObserver.NONE,
                System::nanoTime);
        engine.start();
        CountDownLatch inStep = new CountDownLatch(1);
        model.spy(batch -> inStep.countDown());
        engine.submit(
                new Submission(new int[] {1, 2, 3}, 4, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE),
                List.of(new Deaf()));
        inStep.await();
        List<String> atOnce = new ArrayList<>();
        Shutdown shutdown = new Shutdown(() -> atOnce.add("at once"));
        shutdown.beginPatience(Duration.ZERO);
        Thread main = Thread.ofPlatform().start(() -> {
            try (ShutdownLimit limit = new ShutdownLimit(shutdown, Duration.ofMillis(100), halts::add)) {
                shutdown.await();
                limit.at("closing the engine, whose step has to end");
                engine.close();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        shutdown.run();
        await().until(() -> halts.equals(List.of(ExitCode.STUCK)));
        assertThat(main.isAlive()).isTrue();
        assertThat(atOnce).isEmpty();
        model.gate(null);
        gate.release(1000);
        main.join();
    }

    /** Returns once the loop stands still. */
    private static void block(DefaultEventLoop loop, CountDownLatch until) throws InterruptedException {
        CountDownLatch stands = new CountDownLatch(1);
        loop.execute(() -> {
            stands.countDown();
            awaitUninterruptibly(until);
        });
        stands.await();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
