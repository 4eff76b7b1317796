package dev.tramontane.app;

import dev.tramontane.engine.EngineLoop;
import dev.tramontane.model.Heartbeat;
import io.netty.util.concurrent.EventExecutor;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A thread that has to move, as the watchdog sees it. Asked by the watchdog's thread only. */
interface Pulse {
    /** What it is, for people. */
    String name();

    /** Rises whenever it has moved. */
    long beats();

    /** Whether there is something it should be doing. */
    boolean pending();

    /** How long it may take over what it is doing, however short the limit. */
    default long expectedNanos() {
        return 0;
    }

    /** The thread, for its stack, where it is known. */
    Optional<Thread> thread();

    /** An event loop: runs a task that is handed to it. */
    static Pulse of(EventExecutor loop, int number) {
        return new LoopPulse(loop, "event loop " + number);
    }

    /** The engine's thread: finishes its steps, and wakes up when there is work. */
    static Pulse of(EngineLoop engine) {
        return of(engine, "the engine's thread");
    }

    /** The same of one of several. */
    static Pulse of(EngineLoop engine, String name) {
        Heartbeat heartbeat = engine.heartbeat();
        return of(
                heartbeat,
                name,
                engine::thread,
                () -> !heartbeat.resting()
                        || engine.called()
                        || engine.thread().filter(Thread::isAlive).isEmpty());
    }

    /** A stage's thread that computes for a server. */
    static Pulse of(Heartbeat heartbeat) {
        return of(heartbeat, "the thread that computes for the server", heartbeat::thread, () -> !heartbeat.resting());
    }

    private static Pulse of(
            Heartbeat heartbeat, String name, Supplier<Optional<Thread>> thread, BooleanSupplier pending) {
        return new Pulse() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public long beats() {
                return heartbeat.beats();
            }

            @Override
            public boolean pending() {
                return pending.getAsBoolean();
            }

            @Override
            public long expectedNanos() {
                return heartbeat.expectedNanos();
            }

            @Override
            public Optional<Thread> thread() {
                return thread.get();
            }
        };
    }

    /** Hands over a task with every look at it, unless one is on its way. */
    final class LoopPulse implements Pulse {
        private final EventExecutor loop;
        private final String name;
        private volatile long answered;
        private volatile @Nullable Thread thread;
        private long asked;

        private LoopPulse(EventExecutor loop, String name) {
            this.loop = loop;
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long beats() {
            long seen = answered;
            if (seen == asked && !loop.isShuttingDown()) {
                long question = ++asked;
                loop.execute(() -> {
                    thread = Thread.currentThread();
                    answered = question;
                });
            }
            return seen;
        }

        @Override
        public boolean pending() {
            return answered != asked || loop.isShuttingDown();
        }

        @Override
        public Optional<Thread> thread() {
            return Optional.ofNullable(thread);
        }
    }
}
