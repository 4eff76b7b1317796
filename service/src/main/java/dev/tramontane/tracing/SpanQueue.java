package dev.tramontane.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ended spans on their way to the collector: so many at most, sent by a thread of its own. Where the collector is dead or
 * slow, spans are lost and one line a minute says so; nobody waits for it. Any thread.
 */
final class SpanQueue implements SpanProcessor {
    private static final Logger LOG = LoggerFactory.getLogger(SpanQueue.class);

    /** Spans that wait at most: about a megabyte. */
    static final int MOST_WAITING = 2048;

    private static final int BATCH = 512;

    /** How long spans are collected before they are sent together. */
    private static final Duration PERIOD = Duration.ofSeconds(1);

    /** For one batch, what is tried again included. */
    private static final Duration SENDING = Duration.ofSeconds(30);

    /** For what is left when the process ends. */
    private static final Duration LAST = Duration.ofSeconds(2);

    private static final String REFUSED = "it answers with an error";
    private static final int MOST_CAUSES = 16;
    private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

    private final BlockingQueue<SpanData> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private final SpanExporter exporter;
    private final String where;
    private final LongSupplier clock;
    private final Thread sender;
    private volatile boolean closing;
    private long unsent;
    private boolean complained;
    private long complainedNanos;

    /**
     * @param where the collector, for the log
     * @param nanoClock monotonic nanoseconds
     */
    SpanQueue(SpanExporter exporter, String where, LongSupplier nanoClock) {
        this.exporter = exporter;
        this.where = where;
        clock = nanoClock;
        sender = Thread.ofPlatform().daemon().name("traces").start(this::send);
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Only what has ended is of interest.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (closing || !waiting.offer(span.toSpanData())) {
            dropped.incrementAndGet();
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    /** Sends what waits, for a moment, and ends the thread. */
    @Override
    public CompletableResultCode shutdown() {
        closing = true;
        sender.interrupt();
        try {
            sender.join(LAST);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
        return exporter.shutdown();
    }

    private void send() {
        List<SpanData> batch = new ArrayList<>(BATCH);
        while (!closing) {
            try {
                batch.add(waiting.take());
                Thread.sleep(PERIOD);
            } catch (InterruptedException ended) {
                // The last ones go out below.
            }
            send(batch, SENDING);
        }
        while (!waiting.isEmpty()) {
            send(batch, LAST);
        }
    }

    private void send(List<SpanData> batch, Duration patience) {
        waiting.drainTo(batch, BATCH - batch.size());
        if (!batch.isEmpty()) {
            String why = export(List.copyOf(batch), patience);
            if (!why.isEmpty()) {
                unsent += batch.size();
                complain(why);
            }
            batch.clear();
        }
    }

    /** Returns why they were not taken, or nothing. */
    private String export(List<SpanData> batch, Duration patience) {
        try {
            CompletableResultCode result = exporter.export(batch).join(patience.toNanos(), TimeUnit.NANOSECONDS);
            Throwable failure = result.getFailureThrowable();
            return result.isSuccess()
                    ? ""
                    : failure != null
                            ? reason(failure)
                            : result.isDone() ? REFUSED : "no answer in " + patience.toSeconds() + " s";
        } catch (Throwable broken) { // The thread has to outlive what it sends.
            return reason(broken);
        }
    }

    /** What lies at the bottom: the library wraps it several times, and what it says without a cause is an answer's status. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; depth < MOST_CAUSES; depth++) {
            Throwable cause = root.getCause();
            if (cause == null || root instanceof ConnectException) {
                break; // Below that one lies but how the JDK came to know.
            }
            root = cause;
        }
        String message = root.getMessage();
        if (root instanceof ConnectException) {
            return "nobody listens there";
        }
        if (message != null) {
            return message;
        }
        return failure.getCause() == null ? REFUSED : root.getClass().getSimpleName();
    }

    private void complain(String why) {
        long now = clock.getAsLong();
        if (complained && now - complainedNanos < QUIET_NANOS) {
            return;
        }
        complained = true;
        complainedNanos = now;
        LOG.warn(
                "{} spans did not reach the collector at {} and {} found no place in the queue, since this was last said: {}",
                unsent,
                where,
                dropped.getAndSet(0),
                why);
        unsent = 0;
    }
}
