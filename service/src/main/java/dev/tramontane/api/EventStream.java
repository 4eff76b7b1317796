package dev.tramontane.api;

import dev.tramontane.generation.LoadListener;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.util.context.Context;

/**
 * A response of events: server-sent ones (WHATWG HTML, section 9.2), or lines of JSON. Its first frame says that the request was admitted, and
 * opens the stream: it waits, with the head, for the second frame or for the first heartbeat, so that a failure before
 * them still has its own status; one after them becomes a last event. While an answer waits for its model to be loaded, heartbeats begin as if
 * it had been admitted, each with a comment that says how far that is. Whenever nothing else was sent for the
 * heartbeat's time, a keep-alive is. A reader that stands still pauses the stream by way of the socket's write queue,
 * and is cut off after the idle time; one that leaves cancels it.
 */
public final class EventStream extends PacedSubscriber<byte[]> {
    /** Frames are joined up to this many bytes into one write. */
    private static final int JOINED = 8 << 10;

    /** What server-sent events are. */
    public static final String SENT_EVENTS = "text/event-stream; charset=utf-8";

    /** What lines of JSON are, each an event. */
    public static final String JSON_LINES = "application/x-ndjson";

    /** By which a client says where it was (section 9.2.4). */
    public static final String LAST_EVENT_ID = "Last-Event-ID";

    /** Frames of a recorded answer that are read ahead of the socket. */
    private static final int RECORDED_AHEAD = 8;

    /** A first frame that says nothing but that the request was admitted. */
    private static final byte[] ADMITTED = {};

    private final RoutingContext context;
    private final HttpServerResponse response;
    private final HttpObserver observer;
    private final String route;
    private final String type;
    private final byte[] keepAlive;
    private final long heartbeatNanos;
    private final long idleNanos;
    private Buffer joined = Buffer.buffer();

    /** When bytes were last handed to the socket, or the request was admitted. */
    private long sentNanos;

    /** The first frame while it waits. */
    private byte @Nullable [] opening;

    /** From the first frame on. */
    private boolean admitted;

    /** A line before keep-alives that decoders pass over; empty where there is nothing to tell. */
    private byte[] comment = ADMITTED;

    /** Whether heartbeats have begun. */
    private boolean beating;

    /** The head is out. */
    private boolean open;

    private long timer;

    private EventStream(
            RoutingContext context,
            String type,
            byte[] keepAlive,
            int lookAhead,
            ApiConfig config,
            HttpObserver observer) {
        super(context.vertx().getOrCreateContext(), lookAhead);
        this.type = type;
        this.context = context;
        this.response = context.response();
        this.keepAlive = keepAlive;
        this.observer = observer;
        String label = context.get(Endpoints.LABEL);
        route = label == null ? "unmatched" : label;
        heartbeatNanos = config.heartbeat().toNanos();
        idleNanos = config.transport().idleTime().toNanos();
    }

    /**
     * Sends the frames, each a whole number of events, possibly none. On the request's event loop.
     *
     * @param frames the first comes as soon as the request is admitted
     * @param keepAlive an event that means nothing to whoever reads the stream: a comment would be simpler, but decoders
     *     that dispatch at every blank line take it for an empty event, and those that split the stream there take what
     *     follows it for a part of it (docs/adr/0008)
     */
    public static void send(
            RoutingContext context, Flux<byte[]> frames, byte[] keepAlive, ApiConfig config, HttpObserver observer) {
        send(context, SENT_EVENTS, frames, keepAlive, config, observer);
    }

    /**
     * The same of another type.
     *
     * @param type of the content
     */
    public static void send(
            RoutingContext context,
            String type,
            Flux<byte[]> frames,
            byte[] keepAlive,
            ApiConfig config,
            HttpObserver observer) {
        send(context, type, frames, keepAlive, config.lookAhead(), config, observer);
    }

    /**
     * The same of an answer that is recorded: its frames are there already, or are made ahead by the recording.
     *
     * @param goesOn whether the client has had the beginning, so that the request was admitted before
     */
    public static void sendRecorded(
            RoutingContext context,
            Flux<byte[]> frames,
            boolean goesOn,
            byte[] keepAlive,
            ApiConfig config,
            HttpObserver observer) {
        Flux<byte[]> all = goesOn ? frames.startWith(ADMITTED) : frames;
        send(context, SENT_EVENTS, all, keepAlive, RECORDED_AHEAD, config, observer);
    }

    /** @param lookAhead frames that the socket has not taken */
    private static void send(
            RoutingContext context,
            String type,
            Flux<byte[]> frames,
            byte[] keepAlive,
            int lookAhead,
            ApiConfig config,
            HttpObserver observer) {
        EventStream stream = new EventStream(context, type, keepAlive, lookAhead, config, observer);
        HttpServerResponse response = context.response();
        response.setWriteQueueMaxSize(config.transport().writeQueueBytes());
        response.drainHandler(drained -> stream.resume());
        context.addEndHandler(ended -> stream.disconnected());
        if (!response.closed()) {
            frames.subscribe(stream);
        }
    }

    @Override
    protected boolean isFull() {
        return response.writeQueueFull();
    }

    @Override
    protected void write(byte[] frame) {
        if (!admitted) {
            admit(frame);
            if (!open) {
                return;
            }
            opening = null; // There is a head already, since it had to wait for its model.
        }
        open();
        joined.appendBytes(frame);
        if (joined.length() >= JOINED) {
            flush();
        }
    }

    @Override
    protected void flush() {
        if (joined.length() > 0) {
            Buffer now = joined;
            joined = Buffer.buffer();
            sentNanos = System.nanoTime();
            response.write(now);
        }
    }

    @Override
    protected void end() {
        open();
        flush();
        closed(false);
        response.end();
    }

    @Override
    protected void fail(Throwable cause) {
        closed(false);
        Replies.fail(context, cause);
    }

    @Override
    protected void abort() {
        closed(true);
        OpenConnection.abort(context.request().connection());
    }

    private void disconnected() {
        if (!isOver()) {
            close();
            closed(true);
        }
    }

    private void admit(byte[] first) {
        admitted = true;
        opening = first;
        comment = ADMITTED;
        beginBeating();
        observer.streamOpened(route);
    }

    private void beginBeating() {
        if (!beating) {
            beating = true;
            sentNanos = System.nanoTime();
            beatIn(heartbeatNanos);
        }
    }

    @Override
    public Context currentContext() {
        LoadListener listener = (model, percent) -> onLoop(() -> waits(percent));
        return listener.in(Context.empty());
    }

    private void waits(int percent) {
        if (isOver() || admitted) {
            return;
        }
        if (type.equals(SENT_EVENTS)) {
            comment = (": the model is being loaded, " + percent + " %\n").getBytes(StandardCharsets.US_ASCII);
        }
        beginBeating();
    }

    private void open() {
        if (open) {
            return;
        }
        open = true;
        response.setStatusCode(200)
                .setChunked(true)
                .putHeader("Content-Type", type)
                .putHeader("Cache-Control", "no-cache, no-transform")
                .putHeader("X-Accel-Buffering", "no") // nginx would hold events back.
                .putHeader("X-Content-Type-Options", "nosniff");
        if (opening != null) {
            joined.appendBytes(opening);
            opening = null;
        }
    }

    private void beat() {
        long silent = System.nanoTime() - sentNanos;
        if (response.writeQueueFull()) {
            if (silent >= idleNanos) {
                OpenConnection.abort(context.request().connection()); // The reader holds pages and takes nothing.
                return;
            }
            beatIn(heartbeatNanos);
            return;
        }
        if (silent >= heartbeatNanos) {
            open();
            joined.appendBytes(comment).appendBytes(keepAlive);
            flush();
            silent = 0;
        }
        beatIn(heartbeatNanos - silent);
    }

    private void beatIn(long nanos) {
        timer = context.vertx().setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)), expired -> beat());
    }

    private void closed(boolean disconnected) {
        if (beating) {
            beating = false;
            context.vertx().cancelTimer(timer);
        }
        if (admitted) {
            admitted = false;
            observer.streamClosed(route, disconnected);
        }
    }
}
