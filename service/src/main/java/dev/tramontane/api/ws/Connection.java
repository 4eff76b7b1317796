package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.responses.ResponseServices;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is sent to one client, and the end of it: closed by a frame that says why, or cut. Event loop only. */
final class Connection implements Lanes.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** How long a client may take to answer the server's close before the connection is cut. */
    private static final Duration CLOSING_TIME = Duration.ofSeconds(2);

    private final ResponseServices services;
    private final ServerWebSocket socket;
    private final Runnable cut;
    private final Runnable whenGone;
    private final Deadline closing;
    private int unread;
    private boolean closed;

    /**
     * @param cut closes the connection at once, whatever is still to be written
     * @param whenGone run once, when nothing is taken from the client or sent to it any more
     */
    Connection(ResponseServices services, ServerWebSocket socket, Runnable cut, Runnable whenGone) {
        this.services = services;
        this.socket = socket;
        this.cut = cut;
        this.whenGone = whenGone;
        closing = new Deadline(services.vertx(), CLOSING_TIME, cut);
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void send(String event) {
        if (!closed) {
            socket.writeTextMessage(event);
        }
    }

    @Override
    public void refuse(String lane, ApiException refusal) {
        services.observer().refused(refusal.reason());
        send(ErrorEvent.json(refusal, lane));
    }

    @Override
    public boolean isFull() {
        // The client's close frame may have come in without having been handed to us yet.
        return closed || socket.isClosed() || socket.writeQueueFull();
    }

    /** Whether a reply is owed: who provokes replies without reading them gets a close instead. To be asked before each. */
    boolean owesReply() {
        unread = isFull() ? unread + 1 : 0;
        if (unread > services.config().sockets().unreadReplies()) {
            close(CloseCode.POLICY, "messages are sent but the replies are not read");
        }
        return !closed;
    }

    /** The client has read what was sent. */
    void drained() {
        unread = 0;
    }

    /** Runs a handler. Vert.x would only log what it throws, and the client would wait. */
    void guarded(Runnable handler) {
        try {
            handler.run();
        } catch (Throwable fault) {
            LOG.error("A socket's handler failed; the socket is closed", fault);
            close(CloseCode.INTERNAL, "the server failed");
        }
    }

    void broken(Throwable cause) {
        if (cause instanceof CorruptedWebSocketFrameException wrong) {
            close(CloseCode.of(wrong), String.valueOf(wrong.getMessage()));
        } else if (!(cause instanceof HttpClosedException)) { // The close handler follows that one.
            LOG.debug("A socket failed", cause);
            close(CloseCode.INTERNAL, "the connection failed");
        }
    }

    void close(CloseCode code, String reason) {
        if (closed) {
            return;
        }
        gone();
        closing.start(); // The close frame may wait behind events that nobody reads, and Vert.x's timeout with it.
        if (!socket.isClosed()) { // The client was not quicker.
            LOG.info("Closing the socket of {} with {}: {}", socket.remoteAddress(), code.number(), reason);
            socket.close(code.number(), reason);
        }
    }

    @Override
    public void cut() {
        gone();
        cut.run();
    }

    /** The client has sent a close, which Vert.x answers. */
    void closedByClient() {
        gone();
        closing.start();
    }

    /** There is no connection any more. */
    void ended() {
        gone();
        closing.stop();
    }

    private void gone() {
        if (!closed) {
            closed = true;
            whenGone.run();
        }
    }
}
