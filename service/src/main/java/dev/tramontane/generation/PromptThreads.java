package dev.tramontane.generation;

import dev.tramontane.engine.ReturnTimes;
import dev.tramontane.generation.GenerationException.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The threads that lay out and encode prompts, and the order in which prompts come to them: fair by size. All prompts
 * that wait advance alike, as if each were worked on a little in turn, and that one is begun next which would be done
 * first. So a short prompt passes long ones that came before it, and a long one waits for no more than its own size from
 * each of those beside it, however many short ones keep coming. What is begun is not interrupted: therefore one thread,
 * where there are several, takes short prompts only. Any thread may submit; nothing blocks it.
 */
final class PromptThreads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PromptThreads.class);

    /** Up to this size a prompt is short: some milliseconds of work, some tens if it is one endless word. */
    static final long SHORT = 32 << 10;

    /** How much of a new measurement goes into the measured rate. */
    private static final double WEIGHT = 0.1;

    /** Between the times at which two who were refused come back, at least. */
    private static final double LEAST_NANOS = 1e6;

    private static final Comparator<Task> ORDER =
            Comparator.<Task>comparingDouble(task -> task.due).thenComparingLong(task -> task.number);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Task> shorts = new PriorityQueue<>(ORDER);
    private final PriorityQueue<Task> longs = new PriorityQueue<>(ORDER);
    private final int threads;
    private final int capacity;
    private final LongSupplier clock;
    private final ReturnTimes returns = new ReturnTimes();

    /** How far every prompt has advanced that waited all the time, in its size's unit. */
    private double advanced;

    private long submitted;
    private int running;

    /** Of prompts that wait. */
    private double waitingSize;

    private double nanosPerUnit;
    private boolean closed;

    /** One prompt's work. Guarded by the lock. */
    private static final class Task {
        final Runnable work;
        final Consumer<GenerationException> refused;
        final double size;
        final double due;
        final long number;

        Task(Runnable work, Consumer<GenerationException> refused, double size, double due, long number) {
            this.work = work;
            this.refused = refused;
            this.size = size;
            this.due = due;
            this.number = number;
        }
    }

    /**
     * @param capacity prompts that may wait
     * @param nanoClock monotonic nanoseconds, for the measured rate
     */
    PromptThreads(int threads, int capacity, LongSupplier nanoClock) {
        this.threads = threads;
        this.capacity = capacity;
        clock = nanoClock;
        for (int i = 0; i < threads; i++) {
            boolean shortOnly = i > 0 && i == threads - 1;
            Thread.ofPlatform().daemon().name("prompt-" + i).start(() -> run(shortOnly));
        }
    }

    /**
     * Queues work; what it throws is logged and goes no further, so it tells of its failures itself.
     *
     * @param size of the prompt in characters, or of what else the work grows with
     * @param refused called in place of the work, once: BUSY at once when too many wait, UNAVAILABLE when this is closed
     *     before the work is begun
     * @return takes the work out of the queue again; once begun, it ends by itself
     */
    Disposable submit(long size, Runnable work, Consumer<GenerationException> refused) {
        GenerationException refusal;
        lock.lock();
        try {
            refusal = refusal();
            if (refusal == null) {
                double units = Math.max(1, size);
                Task task = new Task(work, refused, units, advanced + units, submitted++);
                queueOf(task).add(task);
                waitingSize += units;
                changed.signalAll();
                return () -> remove(task);
            }
        } finally {
            lock.unlock();
        }
        refused.accept(refusal);
        return Disposables.disposed();
    }

    private @Nullable GenerationException refusal() {
        if (closed) {
            return closing();
        }
        if (shorts.size() + longs.size() < capacity) {
            return null;
        }
        double nanos = waitingSize * nanosPerUnit / threads;
        double each = Math.max(LEAST_NANOS, nanos / capacity);
        int retryAfter = returns.next(clock.getAsLong(), each, each, 4 * nanos + 60e9);
        return new GenerationException(
                Kind.BUSY, "Too many prompts wait to be encoded. Try again later.", "", retryAfter);
    }

    private static GenerationException closing() {
        return new GenerationException(Kind.UNAVAILABLE, "The server is shutting down.", "", 0);
    }

    private PriorityQueue<Task> queueOf(Task task) {
        return task.size <= SHORT ? shorts : longs;
    }

    private void remove(Task task) {
        lock.lock();
        try {
            if (queueOf(task).remove(task)) {
                waitingSize -= task.size;
            }
        } finally {
            lock.unlock();
        }
    }

    private void run(boolean shortOnly) {
        boolean more;
        do {
            more = runNext(shortOnly);
        } while (more);
    }

    /** False once closed. A loop's variable would hold the last prompt, and whoever read its answer, until the next came. */
    private boolean runNext(boolean shortOnly) {
        Task task = take(shortOnly);
        if (task == null) {
            return false;
        }
        long start = clock.getAsLong();
        try {
            task.work.run();
        } catch (Throwable fault) { // The thread serves everybody: it outlives whatever one prompt does.
            LOG.error("the preparation of a prompt threw past its own handling", fault);
        }
        done(task, clock.getAsLong() - start);
        return true;
    }

    /** Waits for the next task; null once closed. */
    private @Nullable Task take(boolean shortOnly) {
        lock.lock();
        try {
            while (!closed) {
                Task task = next(shortOnly);
                if (task != null) {
                    advanced += task.size / (shorts.size() + longs.size() + running);
                    queueOf(task).remove(task);
                    waitingSize -= task.size;
                    running++;
                    return task;
                }
                changed.awaitUninterruptibly();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task next(boolean shortOnly) {
        Task brief = shorts.peek();
        Task other = shortOnly ? null : longs.peek();
        return brief == null || (other != null && ORDER.compare(other, brief) < 0) ? other : brief;
    }

    private void done(Task task, long nanos) {
        lock.lock();
        try {
            running--;
            double rate = nanos / task.size;
            nanosPerUnit = nanosPerUnit == 0 ? rate : nanosPerUnit + WEIGHT * (rate - nanosPerUnit);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the threads once they are done with what they have begun; refuses what waits. */
    @Override
    public void close() {
        List<Task> left = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            left.addAll(shorts);
            left.addAll(longs);
            shorts.clear();
            longs.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (Task task : left) {
            task.refused.accept(closing());
        }
    }
}
