package dev.tramontane.api;

import io.vertx.core.Context;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.util.concurrent.Queues;

/**
 * Carries a stream to a socket at the reader's pace. At most {@code lookAhead} items are demanded that the socket has
 * not taken; more are demanded only as it takes them, so a reader that stands still stops the publisher.
 *
 * <p>Items may arrive on any thread; the methods that a subclass writes are called on the socket's event loop. Whoever
 * sees the socket close calls {@link #close}.
 */
public abstract class PacedSubscriber<T> extends BaseSubscriber<T> {
    private static final Logger LOG = LoggerFactory.getLogger(PacedSubscriber.class);

    private final Context context;
    private final int lookAhead;
    private final Queue<T> queue;
    private final AtomicInteger wake = new AtomicInteger();

    /** Written by the publisher's thread before it wakes the drain. */
    private volatile boolean finished;

    private @Nullable Throwable failure;

    /** The event loop's own. */
    private int taken;

    private boolean over;

    protected PacedSubscriber(Context context, int lookAhead) {
        this.context = context;
        this.lookAhead = lookAhead;
        queue = Queues.<T>get(lookAhead).get();
    }

    /** Whether the socket takes no more for now; it calls {@link #resume} when it does again. */
    protected abstract boolean isFull();

    /** Writes one item. */
    protected abstract void write(T item);

    /** All that could be written for now has been. */
    protected abstract void flush();

    /** The stream has ended well and everything is written. */
    protected abstract void end();

    /** The stream has failed and everything before the failure is written. */
    protected abstract void fail(Throwable cause);

    /** Neither the end nor a failure can be told any more: the reader is cut off. On the event loop. */
    protected abstract void abort();

    /** Does something on the event loop. Any thread. */
    protected final void onLoop(Runnable what) {
        context.runOnContext(ignored -> what.run());
    }

    /** The socket takes more again. Any thread. */
    protected final void resume() {
        if (wake.getAndIncrement() == 0) {
            try {
                context.runOnContext(ignored -> drain());
            } catch (Throwable fault) {
                wake.set(0); // So that the next one tries again.
                throw fault;
            }
        }
    }

    /** The socket is gone: cancels the stream and forgets what was not written. On the event loop. */
    protected final void close() {
        over = true;
        cancel();
        queue.clear();
    }

    protected final boolean isOver() {
        return over;
    }

    @Override
    protected final void hookOnSubscribe(Subscription subscription) {
        subscription.request(lookAhead);
    }

    @Override
    protected final void hookOnNext(T item) {
        try { // Errors as well: Reactor would throw them past hookOnError.
            if (!queue.offer(item)) {
                throw new IllegalStateException("the publisher sent more than the " + lookAhead + " items demanded");
            }
            resume();
        } catch (Throwable fault) {
            cancel();
            hookOnError(fault);
        }
    }

    @Override
    protected final void hookOnComplete() {
        finished = true;
        resumeForLast();
    }

    @Override
    protected final void hookOnError(Throwable cause) {
        failure = cause;
        finished = true;
        resumeForLast();
    }

    /** Nothing will come after this that could wake the drain again. */
    private void resumeForLast() {
        try {
            resume();
        } catch (Throwable fault) {
            resume();
        }
    }

    private void drain() {
        int seen = 1;
        do {
            try {
                step();
            } catch (Throwable fault) { // Vert.x would only log it, and the reader would wait for ever.
                broken(fault);
            }
            seen = wake.addAndGet(-seen);
        } while (seen != 0);
    }

    private void step() {
        boolean last = finished;
        T item;
        while (!over && !isFull() && (item = queue.poll()) != null) {
            taken++;
            write(item);
        }
        if (over) {
            queue.clear();
            return;
        }
        flush();
        if (last && queue.isEmpty()) {
            over = true;
            finish();
        } else if (taken >= Math.max(1, lookAhead / 2)) {
            int more = taken;
            taken = 0;
            request(more);
        }
    }

    private void broken(Throwable fault) {
        boolean telling = over; // It was its end that could not be told.
        try {
            close();
            if (!telling) {
                fail(fault);
                return;
            }
            LOG.error("A stream's end could not be told", fault);
        } catch (Throwable again) {
            fault.addSuppressed(again);
            LOG.error("A stream's failure could not be told", fault);
        }
        abort();
    }

    private void finish() {
        if (failure == null) {
            end();
        } else {
            fail(failure);
        }
    }
}
