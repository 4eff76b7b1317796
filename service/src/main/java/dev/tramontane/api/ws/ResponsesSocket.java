package dev.tramontane.api.ws;

import dev.tramontane.api.AccessLog;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.Tally;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.Steer;
import dev.tramontane.api.ws.MessageAssembler.Outcome;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's socket: messages in, events out. Whatever a client sends is answered by an event or, where RFC 6455 asks
 * for it, by a close; a bad message never ends an answer under way. Event loop only.
 */
final class ResponsesSocket implements Lanes.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(ResponsesSocket.class);

    /** Messages up to this many characters are read on the event loop; the time is well below a millisecond. */
    private static final int SMALL_MESSAGE = 32 << 10;

    /** How long a client may take to answer the server's close before the connection is cut. */
    private static final Duration CLOSING_TIME = Duration.ofSeconds(2);

    private static final String OLD = "the socket has been open as long as one may";

    private final ResponseServices services;
    private final SocketLimits limits;
    private final ServerWebSocket socket;
    private final String id;
    private final Caller caller;
    private final RequestTrace trace;
    private final Lanes lanes;
    private final MessageAssembler assembler;
    private final RateLimit controlFrames;
    private final Deadline wholeMessage;
    private final Deadline closing;
    private final Deadline life;
    private final Deadline farewell;
    private final Runnable cut;
    private final long heartbeat;
    private RequestMemory.Lease arriving;
    private int unread;
    private boolean pingUnanswered;
    private long pingNanos;

    /** Why no more requests are taken, or null. */
    private @Nullable ApiException leaving;

    private boolean closed;

    /**
     * @param id of the request that opened the socket
     * @param trace likewise
     * @param caller who opened it
     * @param cut closes the connection at once, whatever is still to be written
     */
    static ResponsesSocket open(
            ResponseServices services,
            Context context,
            ServerWebSocket socket,
            String id,
            RequestTrace trace,
            Caller caller,
            Runnable cut) {
        ResponsesSocket opened = new ResponsesSocket(services, context, socket, id, trace, caller, cut);
        opened.listen();
        return opened;
    }

    private ResponsesSocket(
            ResponseServices services,
            Context context,
            ServerWebSocket socket,
            String id,
            RequestTrace trace,
            Caller caller,
            Runnable cut) {
        this.id = id;
        this.trace = trace;
        this.caller = caller;
        this.cut = cut;
        this.services = services;
        this.socket = socket;
        limits = services.config().sockets();
        lanes = new Lanes(context, services, this, id, trace, caller.tenant().name(), this::leaveWhenIdle);
        life = new Deadline(services.vertx(), limits.life(), this::lifeEnds);
        farewell = new Deadline(services.vertx(), limits.farewell(), this::farewellEnds);
        arriving = services.memory().lease();
        assembler = new MessageAssembler(limits.messageBytes());
        controlFrames = new RateLimit(limits.controlFramesPerSecond(), System.nanoTime());
        Duration patience = services.config().transport().bodyTime();
        wholeMessage = new Deadline(services.vertx(), patience, () -> messageIsLate(patience));
        closing = new Deadline(services.vertx(), CLOSING_TIME, cut);
        heartbeat = services.vertx().setPeriodic(services.config().heartbeat().toMillis(), ignored -> beat());
    }

    private void listen() {
        life.start();
        socket.setWriteQueueMaxSize(services.config().transport().writeQueueBytes());
        socket.drainHandler(ignored -> guarded(this::drained));
        socket.frameHandler(frame -> guarded(() -> frame(frame)));
        socket.exceptionHandler(this::broken);
        socket.closeHandler(ignored -> {
            gone();
            closing.stop();
        });
    }

    // ---- from the client

    private void frame(WebSocketFrame frame) {
        if (closed) {
            return;
        }
        pingUnanswered = false; // Whoever sends is there.
        switch (frame.type()) {
            case TEXT, BINARY, CONTINUATION -> data(frame);
            case PING, PONG -> {
                if (!controlFrames.take(System.nanoTime())) {
                    close(CloseCode.POLICY, "at most " + limits.controlFramesPerSecond() + " control frames a second");
                }
            }
            case CLOSE -> { // Answered by Vert.x.
                gone();
                closing.start();
            }
        }
    }

    private void data(WebSocketFrame frame) {
        if (!arriving.grow(RequestMemory.ofMore(frame.binaryData().length()))) {
            services.observer().refused(RequestMemory.REFUSED);
            close(CloseCode.TRY_AGAIN_LATER, "the server has no memory for this message; try again later");
            return;
        }
        Outcome outcome = assembler.add(frame);
        if (outcome instanceof Outcome.Partial) {
            wholeMessage.start();
            return;
        }
        wholeMessage.stop();
        RequestMemory.Lease whole = arriving;
        arriving = services.memory().lease();
        if (outcome instanceof Outcome.Text(String text)) {
            message(text, whole);
            return;
        }
        whole.release();
        if (outcome instanceof Outcome.Violation(CloseCode code, String reason)) {
            close(code, reason);
        } else {
            reply(
                    StreamId.DEFAULT,
                    ApiException.invalid(
                            400, "a message is JSON in a text frame; this one was binary", "invalid_message"));
        }
    }

    private void messageIsLate(Duration patience) {
        close(CloseCode.POLICY, "a message did not arrive whole within " + patience.toSeconds() + " s");
    }

    private void message(String text, RequestMemory.Lease memory) {
        if (text.length() <= SMALL_MESSAGE) {
            handle(read(text, memory), memory);
            return;
        }
        socket.pause(); // Messages are handled in the order sent.
        services.vertx()
                .executeBlocking(() -> read(text, memory), false)
                .onComplete((message, wrong) -> guarded(() -> {
                    if (closed) {
                        memory.release();
                        return;
                    }
                    handle(wrong == null ? message : new ClientMessage.Wrong(StreamId.DEFAULT, null, wrong), memory);
                    if (!closed) {
                        socket.resume();
                    }
                }));
    }

    private ClientMessage read(String text, RequestMemory.Lease memory) {
        try {
            memory.take(RequestMemory.ofBody(0) + RequestMemory.ofTree(text));
        } catch (ApiException tooMuch) {
            return new ClientMessage.Wrong(StreamId.DEFAULT, null, tooMuch);
        }
        return ClientMessage.read(
                text, services.models(), services.config(), lanes.parents().later());
    }

    /** The memory is its lane's from here on, or given back. */
    private void handle(ClientMessage message, RequestMemory.Lease memory) {
        String lane = switch (message) {
            case ClientMessage.Create create -> create.lane();
            case ClientMessage.Wrong wrong -> wrong.lane();
            default -> StreamId.DEFAULT;
        };
        try {
            if (message instanceof ClientMessage.Create create) {
                create(create, memory);
                return;
            }
            memory.release();
            act(message);
        } catch (Throwable refused) {
            memory.release();
            reply(lane, ApiException.of(refused, trace.id()));
        }
    }

    private void create(ClientMessage.Create create, RequestMemory.Lease memory) {
        if (!mayAsk()) {
            memory.release();
            return;
        }
        Pass pass = caller.begin();
        try {
            lanes.create(create.of(caller.tenant()), memory, pass);
        } catch (Throwable refused) {
            pass.close();
            lanes.parents().failed(create.lane(), create.request().talk().previous());
            throw refused;
        }
    }

    /** Counts a request; false when the caller has been shown out. */
    private boolean mayAsk() {
        if (leaving != null) {
            throw leaving;
        }
        if (!caller.isWelcome()) {
            close(CloseCode.POLICY, "the API key is not valid any more");
            return false;
        }
        caller.takeRequest();
        return true;
    }

    private void act(ClientMessage message) {
        switch (message) {
            case ClientMessage.Create create -> throw new IllegalStateException("a request has its own way");
            case ClientMessage.Wrong(String lane, @Nullable String previous, Throwable cause) -> {
                lanes.parents().failed(lane, previous);
                throw ApiException.of(cause, trace.id());
            }
            case ClientMessage.Cancel(String responseId) -> lanes.cancel(responseId);
            case ClientMessage.Demand(String responseId, long events) -> lanes.demand(responseId, events);
            case ClientMessage.Resume(String responseId, long startingAfter, String lane) -> {
                if (mayAsk()) {
                    lanes.resume(lane, responseId, startingAfter);
                }
            }
            case ClientMessage.BadSteering(Steer steer, String why) -> refuse(steer, "invalid_input", why);
            case ClientMessage.Steering(Steer steer, int characters) -> {
                try {
                    if (mayAsk()) {
                        lanes.steer(steer, characters);
                    }
                } catch (ApiException refused) {
                    refuse(steer, refused.reason(), String.valueOf(refused.getMessage()));
                }
            }
        }
    }

    /** An answer to a single message, for the default lane or the one it named. */
    private void reply(String lane, ApiException failure) {
        if (isReading()) {
            refuse(lane, failure);
            AccessLog.response(id, trace, ResponsesRoute.PATH, "", "refused", failure, new Tally());
        }
    }

    private void refuse(Steer steer, String code, String why) {
        if (isReading()) {
            services.observer().refused(code);
            send(lanes.refusal(steer, code, why));
        }
    }

    /** Who provokes replies without reading them is not owed more. */
    private boolean isReading() {
        unread = isFull() ? unread + 1 : 0;
        if (unread > limits.unreadReplies()) {
            close(CloseCode.POLICY, "messages are sent but the replies are not read");
        }
        return !closed;
    }

    // ---- to the client

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

    @Override
    public void cut() {
        gone();
        cut.run();
    }

    private void drained() {
        unread = 0;
        lanes.drained();
    }

    private void beat() {
        long now = System.nanoTime();
        if (!pingUnanswered) {
            pingUnanswered = true;
            pingNanos = now;
            socket.writePing(Buffer.buffer());
        } else if (now - pingNanos >= limits.silence().toNanos()) {
            close(
                    CloseCode.POLICY,
                    "no answer to a ping for " + limits.silence().toSeconds() + " s");
        }
    }

    // ---- the end

    /** Vert.x would only log what a handler throws, and the client would wait. */
    private void guarded(Runnable handler) {
        try {
            handler.run();
        } catch (Throwable fault) {
            LOG.error("A socket's handler failed; the socket is closed", fault);
            close(CloseCode.INTERNAL, "the server failed");
        }
    }

    private void broken(Throwable cause) {
        if (cause instanceof CorruptedWebSocketFrameException wrong) {
            close(CloseCode.of(wrong), String.valueOf(wrong.getMessage()));
        } else if (!(cause instanceof HttpClosedException)) { // The close handler follows that one.
            LOG.debug("A socket failed", cause);
            close(CloseCode.INTERNAL, "the connection failed");
        }
    }

    /** The server shuts down. Answers under way may end before the socket closes. */
    void leave() {
        leaving = ApiException.unavailable("the server is shutting down", 0); // For how long is not known.
        leaveWhenIdle();
    }

    private void lifeEnds() {
        if (leaving == null) {
            String why = "this socket has been open for " + limits.life().toSeconds()
                    + " s, as long as one may; open another and go on there";
            leaving = ApiException.invalid(400, why, "websocket_connection_limit_reached");
            refuse(StreamId.DEFAULT, leaving);
            farewell.start();
            leaveWhenIdle();
        }
    }

    private void farewellEnds() {
        close(CloseCode.GOING_AWAY, OLD);
    }

    private void leaveWhenIdle() {
        if (leaving != null && lanes.areIdle()) {
            close(CloseCode.GOING_AWAY, leaving.status() == 503 ? "the server is shutting down" : OLD);
        }
    }

    private void close(CloseCode code, String reason) {
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

    private void gone() {
        if (!closed) {
            closed = true;
            services.vertx().cancelTimer(heartbeat);
            wholeMessage.stop();
            arriving.release();
            lanes.abandon();
            life.stop();
            farewell.stop();
        }
    }
}
