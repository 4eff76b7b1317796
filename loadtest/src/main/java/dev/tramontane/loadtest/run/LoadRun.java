package dev.tramontane.loadtest.run;

import dev.tramontane.loadtest.client.Exchange;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.client.Sender;
import dev.tramontane.loadtest.measure.Tally;
import dev.tramontane.loadtest.plan.Arrivals;
import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Workload;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One run, from its first start to its last end. {@link #run} by one thread; {@link #stop} by any. */
public final class LoadRun {
    private static final double NANOS = 1e9;

    private final Workload workload;
    private final Course course;
    private final List<Loop> loops;
    private final Tally tally;
    private final LongSupplier clock;
    private final long begin;

    /** Under way, with the loop of each. Guarded, as all that follows, by this. */
    private final Map<Exchange, Loop> running = new HashMap<>();

    private final Deque<Due> waiting = new ArrayDeque<>();
    private long next;
    private long mostWaiting;
    private volatile boolean stopped;
    private volatile @Nullable Thread pacer;
    private boolean allDue;

    /** An event loop and the sender on it. */
    public record Loop(Context context, Sender sender) {}

    private record Due(Ask ask, long intended) {}

    /**
     * @param tally that begins at {@code begin}
     * @param begin of the run, on the clock
     */
    public LoadRun(Workload workload, Course course, List<Loop> loops, Tally tally, LongSupplier clock, long begin) {
        this.workload = workload;
        this.course = course;
        this.loops = List.copyOf(loops);
        this.tally = tally;
        this.clock = clock;
        this.begin = begin;
    }

    /** Returns once every request is over. */
    public void run() throws InterruptedException {
        Arrivals arrivals = course.arrivals();
        if (arrivals == null) {
            for (int user = 0; user < course.users(); user++) {
                again(clock.getAsLong());
            }
            awaitUntil(begin + (long) (course.seconds() * NANOS));
        } else {
            pace(arrivals);
        }
        synchronized (this) {
            allDue = true;
            notifyAll();
        }
        awaitUntil(clock.getAsLong() + (long) (course.graceSeconds() * NANOS));
        abandon();
    }

    /** Ends the run: nothing more starts, and what is under way is cut. */
    public synchronized void stop() {
        stopped = true;
        allDue = true;
        LockSupport.unpark(pacer);
        notifyAll();
    }

    /** Requests whose time had come and that had to wait for a stream at most, at a moment. */
    public synchronized long mostWaiting() {
        return mostWaiting;
    }

    /** Starts each request at its time, whatever has become of those before. */
    private void pace(Arrivals arrivals) throws InterruptedException {
        pacer = Thread.currentThread();
        for (long number = 0; number < course.requests() && !stopped; number++) {
            long offset = arrivals.next();
            if (offset >= course.seconds() * NANOS) {
                return;
            }
            long due = begin + offset;
            for (long left = due - clock.getAsLong(); left > 0 && !stopped; left = due - clock.getAsLong()) {
                LockSupport.parkNanos(this, left); // Object.wait counts in milliseconds.
                if (Thread.interrupted()) {
                    throw new InterruptedException("while it waited for the next start");
                }
            }
            Due ask = new Due(workload.ask(number), due);
            synchronized (this) {
                if (!stopped) {
                    due(ask);
                }
            }
        }
    }

    private void due(Due due) {
        if (running.size() >= course.streams()) {
            waiting.add(due);
            mostWaiting = Math.max(mostWaiting, waiting.size());
        } else {
            launch(due);
        }
    }

    private void launch(Due due) {
        Loop loop = loops.get((int) (due.ask().number() % loops.size()));
        List<Exchange> self = new ArrayList<>(1);
        Exchange exchange = new Exchange(due.ask(), due.intended(), clock, outcome -> ended(self.getFirst(), outcome));
        self.add(exchange);
        running.put(exchange, loop);
        loop.context().runOnContext(now -> {
            tally.started(due.intended(), clock.getAsLong());
            loop.sender().send(exchange);
        });
    }

    private synchronized void ended(Exchange exchange, Outcome outcome) {
        Loop loop = running.remove(exchange);
        tally.ended(outcome);
        Due due = stopped ? null : waiting.poll();
        if (due != null) {
            launch(due);
        }
        if (course.closed() && loop != null && !allDue) {
            double think = course.thinkSeconds();
            if (think == 0) {
                again(outcome.ended());
            } else {
                long intended = outcome.ended() + (long) (think * NANOS);
                loop.context().owner().setTimer(Math.max(1, Math.round(think * 1000)), due2 -> again(intended));
            }
        }
        notifyAll();
    }

    /** A user asks for the next thing, if there is one. */
    private synchronized void again(long intended) {
        if (next < course.requests() && !allDue) {
            due(new Due(workload.ask(next++), intended));
        } else {
            allDue = true;
            notifyAll();
        }
    }

    /** Waits until all that was due is over, or until a time on the clock. */
    private synchronized void awaitUntil(long end) throws InterruptedException {
        for (long left = end - clock.getAsLong();
                left > 0 && !stopped && !(allDue && running.isEmpty() && waiting.isEmpty());
                left = end - clock.getAsLong()) {
            wait(Math.max(1, left / 1_000_000));
        }
    }

    private void abandon() throws InterruptedException {
        Map<Exchange, Loop> cut;
        synchronized (this) {
            stopped = true;
            waiting.clear();
            cut = new HashMap<>(running);
        }
        cut.forEach((exchange, loop) -> loop.context().runOnContext(now -> exchange.abandon()));
        synchronized (this) {
            while (!running.isEmpty()) {
                wait();
            }
        }
    }
}
