package dev.tramontane.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;

/**
 * A response of server-sent events (WHATWG HTML, section 9.2). The head goes out with the first frame, so a failure
 * before it still has its own status; one after it becomes a last event. A comment is sent whenever nothing else was
 * for the heartbeat's time. A reader that stands still pauses the stream by way of the socket's write queue, and is cut
 * off after the idle time; one that leaves cancels it.
 */
public final class EventStream extends PacedSubscriber<byte[]> {
    /** A comment: keeps connections open and is ignored by clients. */
    public static final byte[] PING = ": ping\n\n".getBytes(StandardCharsets.UTF_8);

    /** Frames are joined up to this many bytes into one write. */
    private static final int JOINED = 8 << 10;

    private final RoutingContext context;
    private final HttpServerResponse response;
    private final HttpObserver observer;
    private final String route;
    private final long heartbeatMillis;
    private Buffer joined = Buffer.buffer();
    private final int stalledBeatsAllowed;
    private int stalledBeats;
    private boolean quiet;
    private boolean open;
    private long timer;

    private EventStream(RoutingContext context, ApiConfig config, HttpObserver observer) {
        super(context.vertx().getOrCreateContext(), config.lookAhead());
        this.context = context;
        this.response = context.response();
        this.observer = observer;
        String label = context.get(Endpoints.LABEL);
        route = label == null ? "unmatched" : label;
        heartbeatMillis = config.heartbeat().toMillis();
        stalledBeatsAllowed = (int) (config.transport().idleTime().toMillis() / heartbeatMillis);
    }

    /**
     * Sends the frames, each a whole number of events or comments. On the request's event loop.
     *
     * @param frames the first should come as soon as the request is admitted
     */
    public static void send(RoutingContext context, Flux<byte[]> frames, ApiConfig config, HttpObserver observer) {
        EventStream stream = new EventStream(context, config, observer);
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
        if (!open) {
            open();
        }
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
            quiet = false;
            response.write(now);
        }
    }

    @Override
    protected void end() {
        if (!open) {
            open();
        }
        closed(false);
        response.end();
    }

    @Override
    protected void fail(Throwable cause) {
        closed(false);
        Replies.fail(context, cause);
    }

    private void disconnected() {
        if (!isOver()) {
            close();
            closed(true);
        }
    }

    private void open() {
        open = true;
        response.setStatusCode(200)
                .setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Cache-Control", "no-cache, no-transform")
                .putHeader("X-Accel-Buffering", "no") // nginx would hold events back.
                .putHeader("X-Content-Type-Options", "nosniff");
        timer = context.vertx().setPeriodic(heartbeatMillis, tick -> beat());
        observer.streamOpened(route);
    }

    private void beat() {
        stalledBeats = quiet && response.writeQueueFull() ? stalledBeats + 1 : 0;
        if (stalledBeats >= stalledBeatsAllowed) {
            OpenConnections.abort(context.request().connection()); // The reader holds pages and takes nothing.
        } else if (quiet && !response.writeQueueFull()) {
            response.write(Buffer.buffer(PING));
        }
        quiet = true;
    }

    private void closed(boolean disconnected) {
        if (open) {
            open = false;
            context.vertx().cancelTimer(timer);
            observer.streamClosed(route, disconnected);
        }
    }
}
