package dev.tramontane.registry;

import dev.tramontane.generation.LoadListener;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** A request that waits for its model. What it is told comes on any thread; only the first end counts. */
final class Waiter {
    private static final Logger LOG = LoggerFactory.getLogger(Waiter.class);

    final Slot slot;
    final Wait wait;
    private final MonoSink<Void> sink;
    private final @Nullable LoadListener listener;
    private volatile @Nullable Future<?> timeout;
    private int told = -1;

    Waiter(Slot slot, Wait wait, MonoSink<Void> sink, @Nullable LoadListener listener) {
        this.slot = slot;
        this.wait = wait;
        this.sink = sink;
        this.listener = listener;
    }

    void timeout(Future<?> scheduled) {
        timeout = scheduled;
    }

    /** Tells how far it is, where that has changed. */
    synchronized void waits(int percent) {
        if (listener != null && percent != told) {
            told = percent;
            guarded(() -> listener.waits(slot.model.name(), percent));
        }
    }

    /** The model may be entered. */
    void go() {
        forgetTimeout();
        guarded(sink::success);
    }

    void fail(Throwable why) {
        forgetTimeout();
        guarded(() -> sink.error(why));
    }

    void forgetTimeout() {
        Future<?> scheduled = timeout;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }

    /** What one of them throws is not the next one's affair. */
    private static void guarded(Runnable word) {
        try {
            word.run();
        } catch (Throwable thrown) {
            LOG.error("A request that waited for a model could not be told", thrown);
        }
    }
}
