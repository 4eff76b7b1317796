package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.Transport.Answer;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gets stretches of one file from its server, again where that fails in passing and from where it stood. Any thread. */
final class Ranges {
    /** Of one stretch, however much each of them brings. */
    private static final int MOST_REQUESTS = 1000;

    /** More than any file has: sums of it don't overflow. */
    private static final long MOST_BYTES = 1L << 46;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

    private final Transport transport;
    private final Endpoint endpoint;
    private final Tries tries;

    /** The file at its server is not the one that it was. */
    static final class ChangedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * @param bytes of the whole
     * @param etag empty where the server said none that is good for comparing
     * @param ranges whether the server gives stretches
     * @param linked the hub's own ETag, perhaps a sum
     */
    record Facts(long bytes, String etag, boolean ranges, String linked) {
        /**
         * Whether another file than before would be noticed: by its sum, or by its ETag.
         *
         * @param digest that the file must have; null where nobody says it
         */
        boolean isKnownAgain(@Nullable Digest digest) {
            return digest != null || !etag.isEmpty();
        }
    }

    /** @param tries of each request, which know where the file is and what it is called */
    Ranges(Transport transport, Endpoint endpoint, Tries tries) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.tries = tries;
    }

    /** What the file is called in messages. */
    String what() {
        return tries.what();
    }

    /** For messages: whose file it is. */
    String host() {
        return endpoint.host();
    }

    /** Asks for the first byte, to hear how many there are. */
    Facts facts() throws InterruptedException {
        Answer answer = tries.again(() -> transport.body(
                endpoint,
                tries.uri(),
                Map.of("Range", "bytes=0-0"),
                (status, headers) -> false,
                RangeSink.inMemory(1)));
        HttpHeaders headers = answer.headers();
        String etag =
                headers.firstValue("ETag").filter(tag -> tag.startsWith("\"")).orElse("");
        Matcher range =
                CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
        if (answer.status() == 206 && range.matches()) {
            return new Facts(Long.parseLong(range.group(3)), etag, true, answer.linked());
        }
        long length = headers.firstValueAsLong("Content-Length").orElse(-1);
        if (answer.status() != 200 || length < 0 || length > MOST_BYTES) {
            throw new HubException(
                    Kind.WRONG, Endpoint.host(answer.uri()) + " does not say how long " + what() + " is");
        }
        return new Facts(length, etag, false, answer.linked());
    }

    /**
     * Gets bytes from {@code from} up to {@code to} into a file.
     *
     * @param shift what is added to a place in the file at the server to get the one in the file here
     * @param progress hears of how many bytes came, as they come and from their thread
     */
    void fetch(FileChannel file, long from, long to, long shift, Facts facts, LongConsumer progress)
            throws InterruptedException, ChangedException {
        long at = from;
        int idle = 0;
        for (int requests = 1; at < to; requests++) {
            RangeSink sink = RangeSink.into(file, at + shift, to - at, progress);
            Duration wait = attempt(sink, at, to, facts, ++idle);
            if (sink.written() > 0) {
                at += sink.written();
                idle = 0;
            }
            if (at < to && (requests == MOST_REQUESTS || idle == Tries.MOST)) {
                throw Refusals.of(new IOException("cut too often"), tries.uri());
            }
            if (idle > 0) {
                tries.pause().pause(wait);
            }
        }
    }

    /** Gets all of it from a server that gives no parts: whatever is cut off begins anew. */
    void fetchWhole(FileChannel file, Facts facts, LongConsumer progress)
            throws InterruptedException, ChangedException {
        for (int count = 1; ; count++) {
            RangeSink sink = RangeSink.into(file, 0, facts.bytes(), progress);
            Duration wait = attempt(sink, 0, facts.bytes(), facts, count);
            if (sink.written() == facts.bytes()) {
                return;
            }
            progress.accept(-sink.written());
            if (count >= Tries.MOST) {
                throw Refusals.of(new IOException("cut too often"), tries.uri());
            }
            tries.pause().pause(wait);
        }
    }

    /** One request, and how long to wait where it brought nothing. */
    private Duration attempt(RangeSink sink, long at, long to, Facts facts, int count)
            throws InterruptedException, ChangedException {
        try {
            Answer answer =
                    transport.body(endpoint, tries.uri(), headers(at, to, facts), expected(at, to, facts), sink);
            if (!expected(at, to, facts).test(answer.status(), answer.headers())) {
                return refused(answer, count);
            }
            return Tries.before(count);
        } catch (RangeSink.UnwritableException full) {
            throw new HubException(Kind.STORE, "what comes cannot be written: " + IoReason.of(full.reason()), full);
        } catch (RangeSink.TooLongException more) {
            throw new HubException(
                    Kind.WRONG, Endpoint.host(tries.uri()) + " sends more of " + what() + " than it said", more);
        } catch (IOException failure) {
            return sink.written() > 0 ? Tries.before(1) : tries.passing(failure, count);
        }
    }

    private static Map<String, String> headers(long at, long to, Facts facts) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (facts.ranges()) {
            headers.put("Range", "bytes=" + at + "-" + (to - 1));
            if (!facts.etag().isEmpty()) {
                headers.put("If-Range", facts.etag());
            }
        }
        return headers;
    }

    /** The stretch that was asked for, of the same file, or its beginning. */
    private static Transport.Expected expected(long at, long to, Facts facts) {
        return (status, headers) -> {
            String etag = headers.firstValue("ETag").orElse(facts.etag());
            boolean same = facts.etag().isEmpty() || etag.equals(facts.etag());
            if (!facts.ranges()) {
                return status == 200 && same;
            }
            Matcher range =
                    CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
            return status == 206
                    && same
                    && range.matches()
                    && Long.parseLong(range.group(1)) == at
                    && Long.parseLong(range.group(2)) < to
                    && Long.parseLong(range.group(3)) == facts.bytes();
        };
    }

    private Duration refused(Answer answer, int count) throws ChangedException {
        if (answer.status() == 200 || answer.status() == 206 || answer.status() == 412 || answer.status() == 416) {
            throw new ChangedException();
        }
        return tries.passing(answer, count);
    }
}
