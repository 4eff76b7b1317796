package dev.tramontane.api;

import java.util.concurrent.atomic.AtomicLong;

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

    private static final int RETRY_SECONDS = 2;
    private static final long RELEASED = -1;

    private final long limit;
    private final AtomicLong held = new AtomicLong();

    /** @param limit bytes */
    public RequestMemory(long limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("the memory of requests must be at least a byte, got " + limit);
        }
        this.limit = limit;
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

        private Lease() {}

        /** Takes more; false, and nothing taken, when there is not so much. After the release it takes nothing. */
        public boolean grow(long bytes) {
            if (!reserve(bytes)) {
                return mine.get() == RELEASED;
            }
            long before = mine.get();
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
                throw exhausted();
            }
        }

        /** The request is over: nothing of it is kept any more. */
        public void release() {
            long was = mine.getAndSet(RELEASED);
            if (was != RELEASED) {
                held.addAndGet(-was);
            }
        }
    }

    /** The refusal of a request for which there is no memory. */
    public static ApiException exhausted() {
        return new ApiException(
                503,
                "service_unavailable_error",
                "The server holds as many and as large requests and answers as its memory allows. Try again later, or"
                        + " send less at a time, or stream the answer.",
                null,
                "request_memory",
                RETRY_SECONDS);
    }
}
