package dev.tramontane.generation;

import dev.tramontane.engine.ReturnTimes;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.PromptLine.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The threads that lay out and encode prompts, and the order in which prompts come to them: fair by tenant, and each
 * tenant's by size ({@link PromptLine}). His prompt is next for whom least was done while others waited, so whoever floods
 * makes another wait for as much as the other has, not for all of his own. And a short prompt passes long ones of its
 * tenant that came before it, while a long one waits for no more than its own size from each of those beside it, however
 * many short ones keep coming. What is begun is not interrupted: therefore one thread, where there are several, takes short
 * prompts only. Any thread may submit; nothing blocks it.
 */
final class PromptThreads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PromptThreads.class);

    /** How much of a new measurement goes into the measured rate. */
    private static final double WEIGHT = 0.1;

    /** Between the times at which two who were refused come back, at least. */
    private static final double LEAST_NANOS = 1e6;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Of the tenants of whom something waits or is worked on. */
    private final Map<String, PromptLine> lines = new LinkedHashMap<>();

    private final int threads;
    private final int capacity;
    private final LongSupplier clock;
    private final ReturnTimes returns = new ReturnTimes();
    private int waiting;

    /** Of prompts that wait. */
    private double waitingSize;

    private double nanosPerUnit;
    private boolean closed;

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
     * @param tenant whose; of the places to wait he has his share
     * @param size of the prompt in characters, or of what else the work grows with
     * @param late whether its deadline has passed
     * @param refused called in place of the work, once: BUSY at once when too many wait, EXPIRED when its deadline passes
     *     before it is begun, UNAVAILABLE when this is closed before that
     * @return takes the work out of the queue again; once begun, it ends by itself
     */
    Disposable submit(
            Tenant tenant, long size, Runnable work, Consumer<GenerationException> refused, BooleanSupplier late) {
        GenerationException refusal;
        lock.lock();
        try {
            PromptLine line = lines.get(tenant.name());
            refusal = refusal(tenant, line == null ? 0 : line.size());
            if (refusal == null) {
                if (line == null) {
                    line = new PromptLine(tenant, leastServed());
                    lines.put(tenant.name(), line);
                }
                Task task = line.add((double) Math.max(1, size), work, refused, late);
                waiting++;
                waitingSize += task.size;
                changed.signalAll();
                return () -> remove(task);
            }
        } finally {
            lock.unlock();
        }
        refused.accept(refusal);
        return Disposables.disposed();
    }

    private double leastServed() {
        return lines.values().stream().mapToDouble(line -> line.served).min().orElse(0);
    }

    private @Nullable GenerationException refusal(Tenant tenant, int own) {
        if (closed) {
            return closing();
        }
        int share = Math.max(1, (int) ((long) capacity * tenant.sharePercent() / 100));
        if (waiting < capacity && own < share) {
            return null;
        }
        double nanos = waitingSize * nanosPerUnit / threads;
        double each = Math.max(LEAST_NANOS, nanos / capacity);
        int retryAfter = returns.next(clock.getAsLong(), each, each, 4 * nanos + 60e9);
        String whose = waiting < capacity ? "prompts of '" + tenant.name() + "'" : "prompts";
        return new GenerationException(
                Kind.BUSY, "Too many " + whose + " wait to be encoded. Try again later.", "", retryAfter);
    }

    private static GenerationException closing() {
        return new GenerationException(Kind.UNAVAILABLE, "The server is shutting down.", "", 0);
    }

    private void remove(Task task) {
        lock.lock();
        try {
            if (task.line.remove(task)) {
                left(task);
            }
        } finally {
            lock.unlock();
        }
    }

    /** It waits no longer. */
    private void left(Task task) {
        waiting--;
        waitingSize -= task.size;
        forget(task.line);
    }

    private void forget(PromptLine line) {
        if (line.isIdle()) {
            lines.remove(line.tenant.name(), line);
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

    /** Waits for the next task, and turns away who has waited too long; null once closed. */
    private @Nullable Task take(boolean shortOnly) {
        while (true) {
            List<Task> late;
            lock.lock();
            try {
                if (closed) {
                    return null;
                }
                late = takeLate();
                Task task = late.isEmpty() ? next(shortOnly) : null;
                if (task != null) {
                    task.line.begin(task);
                    left(task);
                    return task;
                }
                if (late.isEmpty()) {
                    changed.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
            late.forEach(task -> refuse(task, GenerationException.expired()));
        }
    }

    private List<Task> takeLate() {
        List<Task> late = new ArrayList<>();
        for (PromptLine line : List.copyOf(lines.values())) {
            late.addAll(line.takeLate());
        }
        late.forEach(this::left);
        return late;
    }

    private @Nullable Task next(boolean shortOnly) {
        Task next = null;
        for (PromptLine line : lines.values()) {
            Task first = line.next(shortOnly);
            if (first != null && (next == null || line.served < next.line.served)) {
                next = first;
            }
        }
        return next;
    }

    private void done(Task task, long nanos) {
        lock.lock();
        try {
            task.line.done();
            forget(task.line);
            double rate = nanos / task.size;
            nanosPerUnit = nanosPerUnit == 0 ? rate : nanosPerUnit + WEIGHT * (rate - nanosPerUnit);
        } finally {
            lock.unlock();
        }
    }

    private static void refuse(Task task, GenerationException refusal) {
        try {
            task.refused.accept(refusal);
        } catch (Throwable fault) {
            LOG.error("a prompt was turned away, but whoever waits for it could not be told", fault);
        }
    }

    /** Ends the threads once they are done with what they have begun; refuses what waits. */
    @Override
    public void close() {
        List<Task> left = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            lines.values().forEach(line -> left.addAll(line.takeAll()));
            lines.clear();
            waiting = 0;
            waitingSize = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        left.forEach(task -> refuse(task, closing()));
    }
}
