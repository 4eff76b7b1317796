package dev.tramontane.stages;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a connection lives or ends. One thread, which never waits for the other side, breaks it off when greeting takes too long, and from then on when
 * no byte comes, or none goes, for longer than may be. Another one says now and then that this side lives, as often as the other side needs to hear it.
 */
final class Vigil implements AutoCloseable {
    /** For all of a greeting, TLS included: whoever means it has done that in milliseconds. */
    static final Duration GREETING = Duration.ofSeconds(5);

    /** However little patience the other side says it has. */
    private static final long LEAST_PERIOD_NANOS = 5_000_000;

    /** Signs of life, and looks, in a time of silence that may be. */
    private static final int SHARES = 4;

    /** What it watches. Called on the vigil's threads. */
    interface Watched {
        /** Why nothing may be hoped for any more, given how long a silence may last; empty while it may. */
        Optional<String> overdue(Duration silence);

        /** Says that this side lives. May block. */
        void pulse();

        void breakOff(String why);
    }

    private final Watched watched;
    private final Duration silence;
    private final Duration greeting;
    private final long begun = System.nanoTime();
    private final Thread watch;
    private volatile @Nullable Thread pulses;
    private volatile boolean established;
    private volatile boolean closed;

    /**
     * @param silence after so long without a byte the other side is lost
     * @param greeting may take so long
     */
    Vigil(Watched watched, Duration silence, Duration greeting) {
        this.watched = watched;
        this.silence = silence;
        this.greeting = greeting;
        watch = Thread.ofPlatform().daemon().name("stage-watch").start(this::watch);
    }

    /** How long a greeting may take where a silence may last so long. */
    static Duration greeting(Duration silence) {
        return silence.compareTo(GREETING) < 0 ? silence : GREETING;
    }

    /**
     * From now on silence breaks it, and nothing else.
     *
     * @param othersSilence after which the other side gives this one up
     */
    void established(Duration othersSilence) {
        established = true;
        long period = period(Math.min(silence.toNanos(), othersSilence.toNanos()));
        pulses = Thread.ofPlatform().daemon().name("stage-pulse").start(() -> pulses(period));
    }

    private static long period(long nanos) {
        return Math.max(LEAST_PERIOD_NANOS, nanos / SHARES);
    }

    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(period(established ? silence.toNanos() : greeting.toNanos()));
            if (established) {
                watched.overdue(silence).ifPresent(watched::breakOff);
            } else if (System.nanoTime() - begun > greeting.toNanos()) {
                watched.breakOff("it did not greet in " + told(greeting));
            }
        }
    }

    /** A pulse may wait for the other side, too: the watch sees to that. */
    private void pulses(long period) {
        while (!closed) {
            LockSupport.parkNanos(period);
            if (!closed) {
                watched.pulse();
            }
        }
    }

    /** A time for people. */
    static String told(Duration time) {
        return time.toMillis() < 1000 ? time.toMillis() + " ms" : time.toSeconds() + " s";
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watch);
        LockSupport.unpark(pulses);
    }
}
