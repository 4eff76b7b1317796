package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what waits. Accepting is one compare-and-set on requests and tokens together, so neither bound is ever exceeded; a
 * tenant's share of them is a second. Closed for a while or for good, for a reason that whoever comes is told.
 */
final class Door {
    /** Waiting requests above bit 40, their prompt tokens below; the sign bit closes the door. */
    private final AtomicLong waiting = new AtomicLong();

    /** The same of each tenant, of whom there are as many as the operator named, and nobody in particular. */
    private final Map<String, AtomicLong> waitingOf = new ConcurrentHashMap<>();

    private static final int TOKEN_BITS = 40;
    private static final long TOKEN_MASK = (1L << TOKEN_BITS) - 1;
    private static final long CLOSED = Long.MIN_VALUE;

    private final int queueRequests;
    private final long queueTokens;

    /** For those who are turned away. */
    private final ReturnTimes returns = new ReturnTimes();

    private final LongSupplier clock;

    private volatile Backlog backlog = Backlog.NONE;

    /** Why nobody is let in. Written before the bit that closes the door, cleared after it. */
    private volatile @Nullable Closure closure;

    /** @param retryAfterSeconds 0 when it is closed for good */
    private record Closure(String reason, int retryAfterSeconds) {
        boolean isForGood() {
            return retryAfterSeconds == 0;
        }

        RefusedException refusal() {
            return new RefusedException(Cause.UNAVAILABLE, reason, retryAfterSeconds);
        }
    }

    /** @param nanoClock monotonic nanoseconds */
    Door(int queueRequests, long queueTokens, LongSupplier nanoClock) {
        this.queueRequests = queueRequests;
        this.queueTokens = queueTokens;
        clock = nanoClock;
    }

    /** Any thread: lets a request in, which waits from then on, or refuses it. */
    void admit(Request request) throws RefusedException {
        int promptTokens = request.prompt().length;
        Tenant tenant = request.tenant();
        AtomicLong own = waitingOf.computeIfAbsent(tenant.name(), name -> new AtomicLong());
        admit(own, promptTokens, share(tenant));
        boolean in = false;
        try {
            admit(waiting, promptTokens, all());
            in = true;
        } finally {
            if (!in) {
                own.addAndGet(-packed(promptTokens));
            }
        }
    }

    /**
     * What may wait.
     *
     * @param why nothing more may, before the numbers of what does
     */
    private record Bounds(int requests, long tokens, String why) {}

    private Bounds all() {
        return new Bounds(queueRequests, queueTokens, "the server is busy; what waits already: ");
    }

    private Bounds share(Tenant tenant) {
        int percent = tenant.sharePercent();
        return percent == 100
                ? new Bounds(Integer.MAX_VALUE, Long.MAX_VALUE / 2, "")
                : new Bounds(
                        Math.max(1, (int) ((long) queueRequests * percent / 100)),
                        queueTokens * percent / 100,
                        "the share of '" + tenant.name() + "' is used up; what waits of it already: ");
    }

    private static boolean isFull(Queued queued, int promptTokens, Bounds bounds) {
        return queued.requests() >= bounds.requests
                || (queued.requests() > 0 && queued.tokens() + promptTokens > bounds.tokens);
    }

    private static String complaint(Queued queued, Bounds bounds) {
        return bounds.why + count(queued.requests(), "request") + " with " + count(queued.tokens(), "prompt token");
    }

    private void admit(AtomicLong counted, int promptTokens, Bounds bounds) throws RefusedException {
        while (true) {
            long before = counted.get();
            if (before < 0) {
                Closure why = closure;
                if (why == null) {
                    continue; // It has just been opened.
                }
                throw why.refusal();
            }
            Queued queued = queued(before);
            if (isFull(queued, promptTokens, bounds)) {
                long tokens = queued.tokens();
                double share = tokens == 0 ? 0 : (double) (tokens + promptTokens - bounds.tokens) / tokens;
                throw new RefusedException(
                        Cause.BUSY,
                        complaint(queued, bounds),
                        backlog.retryAfterSeconds(returns, clock.getAsLong(), queued, share));
            }
            if (counted.compareAndSet(before, before + packed(promptTokens))) {
                return;
            }
        }
    }

    /** Any thread: why a request would not be let in now, or null. Promises nothing. */
    @Nullable
    String refusal(Tenant tenant, int promptTokens) {
        Closure why = closure;
        if (why != null) {
            return why.reason;
        }
        if (isFull(queued(tenant), promptTokens, share(tenant))) {
            return complaint(queued(tenant), share(tenant));
        }
        return isFull(queued(), promptTokens, all()) ? complaint(queued(), all()) : null;
    }

    private static long packed(int promptTokens) {
        return (1L << TOKEN_BITS) + promptTokens;
    }

    /** Engine thread: a request waits no longer. */
    void leave(Request request) {
        long packed = packed(request.prompt().length);
        waiting.addAndGet(-packed);
        AtomicLong own = waitingOf.get(request.tenant().name());
        if (own != null) {
            own.addAndGet(-packed);
        }
    }

    /** Any thread: refuses everything from now on, for a reason fit for clients. The first reason stays. */
    void close(String reason) {
        close(new Closure(reason, 0));
    }

    /**
     * Engine thread: refuses everything until {@link #resume}, unless it does so for good.
     *
     * @param reason fit for clients; replaces the one before
     * @param retryAfterSeconds when to ask again, at least 1
     */
    void suspend(String reason, int retryAfterSeconds) {
        close(new Closure(reason, retryAfterSeconds));
    }

    private synchronized void close(Closure why) {
        Closure known = closure;
        if (known == null || !known.isForGood()) {
            closure = why;
        }
        waiting.getAndUpdate(before -> before | CLOSED);
    }

    /** Engine thread: lets in again, unless it is closed for good. */
    synchronized void resume() {
        Closure known = closure;
        if (known != null && !known.isForGood()) {
            waiting.getAndUpdate(before -> before & ~CLOSED);
            closure = null;
        }
    }

    /** What whoever comes is told who came too late to be heard. */
    RefusedException whyClosed() {
        Closure why = closure;
        return why == null
                ? new RefusedException(Cause.UNAVAILABLE, "the engine takes no requests any more", 0)
                : why.refusal();
    }

    /** Any thread: whether nobody is let in, for now or any more. */
    boolean isClosed() {
        return waiting.get() < 0;
    }

    /** All that wait, those on their way into the command queue included. */
    Queued queued() {
        return queued(waiting.get());
    }

    /** The same of one tenant. */
    Queued queued(Tenant tenant) {
        AtomicLong own = waitingOf.get(tenant.name());
        return queued(own == null ? 0 : own.get());
    }

    /** Engine thread: tells refusals what is ahead. */
    void publish(Backlog now) {
        backlog = now;
    }

    private static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    private static Queued queued(long packed) {
        return new Queued((int) ((packed & ~CLOSED) >>> TOKEN_BITS), packed & TOKEN_MASK);
    }
}
