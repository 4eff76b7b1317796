package dev.tramontane.api;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

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

    private static final int RETRY_SECONDS = 2;
    private final TransportLimits limits;
    private final HttpObserver observer;
    private final FullServerLog log;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();

    /** Made before it is needed: a process that is out of descriptors may not even load the classes that make it. */
    private final byte[] refusal = refusal();

    private final AtomicInteger places = new AtomicInteger();
    private final AtomicInteger reserve = new AtomicInteger();

    OpenConnections(TransportLimits limits, HttpObserver observer) {
        this.limits = limits;
        this.observer = observer;
        log = new FullServerLog(limits.connections());
    }

    /** Takes a connection in, or refuses it. On its event loop, before anything was read from it. */
    void opened(Channel channel) {
        boolean reserved = !take(places, limits.connections());
        if (reserved && !take(reserve, RESERVE)) {
            refused();
            // What it asks is not waited for: that would take the place that there is none of.
            channel.pipeline()
                    .firstContext()
                    .writeAndFlush(Unpooled.wrappedBuffer(refusal))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        open.add(channel);
        channel.closeFuture().addListener(closed -> {
            open.remove(channel);
            (reserved ? reserve : places).decrementAndGet();
            observer.connectionClosed();
        });
        observer.connectionOpened();
        Duration patience =
                reserved && RESERVED_TIME.compareTo(limits.idleTime()) < 0 ? RESERVED_TIME : limits.idleTime();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.replace("httpDecoder", "httpDecoder", new StrictDecoder(limits, CHUNK_BYTES));
        pipeline.addBefore("handler", "connection", new OpenConnection(channel, patience.toMillis(), reserved));
        pipeline.addFirst("readAhead", new ReadAhead(READ_AHEAD_BYTES));
    }

    private static boolean take(AtomicInteger taken, int most) {
        return taken.getAndUpdate(now -> Math.min(most, now + 1)) < most;
    }

    /** Why a connection that has a reserved place is not answered otherwise. Counts and tells it. */
    ApiException refused() {
        observer.connectionRefused();
        log.refused();
        return full();
    }

    /** A whole response: its connection asked nothing yet. */
    private static byte[] refusal() {
        Buffer body = ErrorBody.json(full());
        String head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nConnection:"
                + " close\r\nRetry-After: " + RETRY_SECONDS + "\r\nContent-Length: " + body.length() + "\r\n\r\n";
        return Buffer.buffer(head.getBytes(StandardCharsets.US_ASCII))
                .appendBuffer(body)
                .getBytes();
    }

    /** Closes all that are left, whatever is still to be written. */
    void abortAll() {
        open.forEach(OpenConnection::abort);
    }

    private static ApiException full() {
        return new ApiException(
                503,
                "service_unavailable_error",
                "The server has as many open connections as it may have; close idle ones, or try again later",
                null,
                "too_many_connections",
                RETRY_SECONDS);
    }
}
