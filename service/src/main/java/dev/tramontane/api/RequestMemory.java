package dev.tramontane.api;

import dev.tramontane.engine.ReturnTimes;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The heap that all requests in flight may hold together: their bodies, what these turn into, and answers that are kept
 * until they are whole. What would go above it is refused before it is read or made, as Elasticsearch's circuit breakers
 * do: a process that sheds early lives, one that finds out by running out of heap does not. Sizes are estimates from
 * above, stated here. Any thread.
 */
public final class RequestMemory {
    /** A request by itself: its head, its tree's fixed part, a stream's buffers. */
    private static final long BASE = 16 << 10;

    /**
     * Of a body's byte: itself and the copy the parser reads (2), text of it at one or two bytes a character (2), and
     * the token that it may be (4).
     */
    private static final long OF_BODY_BYTE = 8;

    /** A token of an answer: its record, its text and its bytes. An alternative costs as much. */
    private static final long OF_TOKEN = 400;

    /** A character that is kept as text and written out as JSON. */
    private static final long OF_CHARACTER = 8;

    /** A token's number that is kept, in an array that doubles. */
    private static final long OF_ID = 8;

    /** The error's code, and so its reason in metrics. */
    public static final String REFUSED = "request_memory";

    /** How long a request holds its share as long as none has given any back. */
    private static final double UNKNOWN_NANOS = 2e9;

    private static final long RELEASED = -1;

    private final long limit;
    private final LongSupplier clock;
    private final AtomicLong held = new AtomicLong();
    private final HoldTimes times = new HoldTimes();
    private final ReturnTimes returns = new ReturnTimes();

    /** @param limit bytes */
    public RequestMemory(long limit) {
        this(limit, System::nanoTime);
    }

    /**
     * @param limit bytes
     * @param nanoClock monotonic nanoseconds, for the measured times
     */
    RequestMemory(long limit, LongSupplier nanoClock) {
        if (limit < 1) {
            throw new IllegalArgumentException("the memory of requests must be at least a byte, got " + limit);
        }
        this.limit = limit;
        clock = nanoClock;
    }

    public long limit() {
        return limit;
    }

    /** Bytes held now. */
    public long held() {
        return held.get();
    }

    /** A share of it for one request; it holds nothing yet. */
    public Lease lease() {
        return new Lease();
    }

    /** What a body of so many bytes costs before anything is known of it. */
    public static long ofBody(long bytes) {
        return BASE + ofMore(bytes);
    }

    /** What so many more bytes of a body cost. */
    public static long ofMore(long bytes) {
        return bytes * OF_BODY_BYTE;
    }

    /**
     * What a body's tree costs beyond its text: a boxed number or reference for each element, an entry for each name, a
     * table for each object. Marks inside strings count as well, which errs on the safe side.
     */
    public static long ofTree(byte[] json) {
        long bytes = 0;
        for (byte character : json) {
            bytes += ofMark(character);
        }
        return bytes;
    }

    /** The same of a text. */
    public static long ofTree(String json) {
        long bytes = 0;
        for (int i = 0; i < json.length(); i++) {
            bytes += ofMark(json.charAt(i));
        }
        return bytes;
    }

    private static int ofMark(int character) {
        return switch (character) {
            case ',' -> 32;
            case ':' -> 48;
            case '[' -> 80;
            case '{' -> 136;
            default -> 0;
        };
    }

    /** What tokens of an answer cost while they are kept and written. */
    public static long ofTokens(long tokens, int alternatives) {
        return tokens * (1 + Math.max(0, alternatives)) * OF_TOKEN;
    }

    /** What text of an answer costs while it is kept and written. */
    public static long ofText(long characters) {
        return characters * OF_CHARACTER;
    }

    /** What the numbers of an answer's tokens cost, with which it goes on where it gave its place up. */
    public static long ofIds(long tokens) {
        return tokens * OF_ID;
    }

    private boolean reserve(long bytes) {
        long before = held.get();
        while (bytes <= limit - before) {
            if (held.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = held.get();
        }
        return false;
    }

    /** One request's share. Given back once, however often and by whomever {@link #release} is called. Any thread. */
    public final class Lease {
        private final AtomicLong mine = new AtomicLong();
        private volatile long begunNanos;

        private Lease() {}

        /** Takes more; false, and nothing taken, when there is not so much. After the release it takes nothing. */
        public boolean grow(long bytes) {
            if (!reserve(bytes)) {
                return mine.get() == RELEASED;
            }
            long before = mine.get();
            if (before == 0) {
                begunNanos = clock.getAsLong();
            }
            while (before != RELEASED) {
                if (mine.compareAndSet(before, before + bytes)) {
                    return true;
                }
                before = mine.get();
            }
            held.addAndGet(-bytes);
            return true;
        }

        /** Takes more or refuses the request. */
        public void take(long bytes) {
            if (!grow(bytes)) {
                throw refusal(bytes);
            }
        }

        /**
         * The refusal of a request that can't have so much more: 503 and another time to come back than others are told, or
         * 413 where no time would help.
         */
        public ApiException refusal(long bytes) {
            long alone = Math.max(0, mine.get());
            if (bytes > limit - alone) {
                return ApiException.invalid(
                        413,
                        "This request, or its answer, takes more memory than all requests may hold together."
                                + " Send less at a time, or stream the answer.",
                        REFUSED);
            }
            return new ApiException(
                    503,
                    "service_unavailable_error",
                    "The server holds as many and as large requests and answers as its memory allows. Try again later, or"
                            + " send less at a time, or stream the answer.",
                    null,
                    REFUSED,
                    retryAfterSeconds(alone + bytes));
        }

        /** The request is over: nothing of it is kept any more. */
        public void release() {
            long was = mine.getAndSet(RELEASED);
            if (was != RELEASED) {
                held.addAndGet(-was);
                if (was > 0) {
                    times.ended((double) was, clock.getAsLong() - begunNanos);
                }
            }
        }
    }

    /**
     * When so many bytes should be free. What is held comes back within the time that requests hold their shares, evenly;
     * one after the other of those refused has it then.
     */
    private int retryAfterSeconds(long bytes) {
        double mean = times.meanNanos(UNKNOWN_NANOS);
        long inUse = Math.max(1, held.get());
        double each = mean * Math.min(1, (double) bytes / inUse);
        double lacking = mean * Math.clamp((double) (inUse - limit + bytes) / inUse, 0, 1);
        return returns.next(clock.getAsLong(), Math.max(lacking, 1), each, 4 * mean + 60e9);
    }
}
