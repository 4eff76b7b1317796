package dev.tramontane.api;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells that connections are refused, with one line in ten seconds at most. Any thread. */
final class FullServerLog {
    private static final Logger LOG = LoggerFactory.getLogger(FullServerLog.class);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final int connections;
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());

    /** @param connections the limit */
    FullServerLog(int connections) {
        this.connections = connections;
    }

    /** A connection, or its request, was refused. */
    void refused() {
        refused.incrementAndGet();
        long now = System.nanoTime();
        long next = nextNanos.get();
        if (now - next >= 0 && nextNanos.compareAndSet(next, now + PAUSE_NANOS)) {
            LOG.warn(
                    "all {} connections are open (--max-connections); {} refused since the last such line",
                    connections,
                    refused.getAndSet(0));
        }
    }
}
