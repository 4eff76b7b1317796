package dev.tramontane.api;

import dev.tramontane.engine.ReturnTimes;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * The service's connections, at most so many at a time, and what stands between them and Vert.x. Each has a place from its
 * opening to its channel's closing, whatever becomes of it. When all places are taken, a few more connections may still
 * ask for health and metrics, once each, so that a full server can be asked why; others get 503. Any thread, except where
 * said.
 */
final class OpenConnections {
    /** Connections above the limit that may ask for health and metrics. */
    static final int RESERVE = 16;

    /** For such a connection's request head. */
    private static final Duration RESERVED_TIME = Duration.ofSeconds(2);

    /** Read ahead of a request that waits for its turn: some dozens of short requests. */
    private static final int READ_AHEAD_BYTES = 32 << 10;

    /** What one read of the socket gives; Vert.x's default cuts bodies into 8 KB. */
    static final int CHUNK_BYTES = 64 << 10;

    /** The longest that whoever is refused is sent away for. */
    private static final int MOST_SECONDS = 60;

    private final TransportLimits limits;
    private final HttpObserver observer;
    private final FullServerLog log;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();

    /** Made before it is needed: a process that is out of descriptors may not even load the classes that make it. */
    private final List<byte[]> refusals = IntStream.rangeClosed(0, MOST_SECONDS)
            .mapToObj(OpenConnections::refusal)
            .toList();

    private final HoldTimes times = new HoldTimes();
    private final ReturnTimes returns = new ReturnTimes();

    private final AtomicInteger places = new AtomicInteger();
    private final AtomicInteger reserve = new AtomicInteger();

    private volatile boolean leaving;

    OpenConnections(TransportLimits limits, HttpObserver observer) {
        this.limits = limits;
        this.observer = observer;
        log = new FullServerLog(limits.connections());
    }

    /** Takes a connection in, or refuses it. On its event loop, before anything was read from it. */
    void opened(Channel channel) {
        boolean reserved = !take(places, limits.connections());
        if (reserved && !take(reserve, RESERVE)) {
            ApiException refused = refused();
            // What it asks is not waited for: that would take the place that there is none of.
            channel.pipeline()
                    .context("httpDecoder") // So that it passes TLS, where there is any.
                    .writeAndFlush(Unpooled.wrappedBuffer(refusals.get(refused.retryAfterSeconds())))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        open.add(channel);
        long since = System.nanoTime();
        channel.closeFuture().addListener(closed -> {
            open.remove(channel);
            (reserved ? reserve : places).decrementAndGet();
            if (!reserved) {
                times.ended(1, System.nanoTime() - since);
            }
            observer.connectionClosed();
        });
        observer.connectionOpened();
        Duration patience =
                reserved && RESERVED_TIME.compareTo(limits.idleTime()) < 0 ? RESERVED_TIME : limits.idleTime();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.replace("httpDecoder", "httpDecoder", new StrictDecoder(limits, CHUNK_BYTES));
        pipeline.addBefore(
                "handler", "connection", new OpenConnection(channel, patience.toMillis(), reserved, () -> leaving));
        pipeline.addFirst("readAhead", new ReadAhead(READ_AHEAD_BYTES));
    }

    private static boolean take(AtomicInteger taken, int most) {
        return taken.getAndUpdate(now -> Math.min(most, now + 1)) < most;
    }

    /** Why a connection that has a reserved place is not answered otherwise. Counts and tells it. */
    ApiException refused() {
        observer.connectionRefused();
        log.refused();
        return full(retryAfterSeconds());
    }

    /** When a place should be free that was not promised to anybody else: they come back one by one, as they were held. */
    private int retryAfterSeconds() {
        double mean = times.meanNanos((double) limits.idleTime().toNanos());
        double each = mean / limits.connections();
        return Math.min(MOST_SECONDS, returns.next(System.nanoTime(), each, each, MOST_SECONDS * 1e9));
    }

    /** A whole response: its connection asked nothing yet. */
    private static byte[] refusal(int seconds) {
        Buffer body = ErrorShape.OPENAI.json(full(seconds));
        String head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nConnection:"
                + " close\r\nRetry-After: " + seconds + "\r\nContent-Length: " + body.length() + "\r\n\r\n";
        return Buffer.buffer(head.getBytes(StandardCharsets.US_ASCII))
                .appendBuffer(body)
                .getBytes();
    }

    /** From now on each answer is its connection's last. */
    void leave() {
        leaving = true;
    }

    /** Closes all that are left, whatever is still to be written. */
    void abortAll() {
        open.forEach(OpenConnection::abort);
    }

    private static ApiException full(int retryAfterSeconds) {
        return new ApiException(
                503,
                "service_unavailable_error",
                "The server has as many open connections as it may have; close idle ones, or try again later",
                null,
                "too_many_connections",
                retryAfterSeconds);
    }
}
