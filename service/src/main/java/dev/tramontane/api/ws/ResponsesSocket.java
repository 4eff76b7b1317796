package dev.tramontane.api.ws;

import dev.tramontane.api.Caller;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.responses.ResponseServices;
import io.vertx.core.Context;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;

/**
 * One client's socket: messages in, events out. Whatever a client sends is answered by an event or, where RFC 6455 asks
 * for it, by a close; a bad message never ends an answer under way. Event loop only.
 */
final class ResponsesSocket {
    private final SocketLimits limits;
    private final ServerWebSocket socket;
    private final Connection connection;
    private final Lanes lanes;
    private final SocketLife life;
    private final IncomingMessages messages;
    private final RateLimit controlFrames;
    private final Heartbeat heartbeat;

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
        opened.listen(services.config().transport().writeQueueBytes());
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
        this.socket = socket;
        limits = services.config().sockets();
        connection = new Connection(services, socket, cut, this::gone);
        lanes = new Lanes(
                context, services, connection, id, trace, caller.tenant().name(), this::idle);
        life = new SocketLife(services.vertx(), limits, connection, lanes::areIdle);
        messages = new IncomingMessages(
                services,
                socket,
                connection,
                lanes.parents(),
                caller,
                trace.id(),
                new MessageActions(services, connection, life, lanes, id, trace, caller));
        controlFrames = new RateLimit(limits.controlFramesPerSecond(), System.nanoTime());
        heartbeat = new Heartbeat(
                services.vertx(), socket, connection, services.config().heartbeat(), limits.silence());
    }

    private void listen(int writeQueueBytes) {
        life.start();
        socket.setWriteQueueMaxSize(writeQueueBytes);
        socket.drainHandler(ignored -> connection.guarded(this::drained));
        socket.frameHandler(frame -> connection.guarded(() -> frame(frame)));
        socket.exceptionHandler(connection::broken);
        socket.closeHandler(ignored -> connection.ended());
    }

    private void frame(WebSocketFrame frame) {
        if (connection.isClosed()) {
            return;
        }
        heartbeat.heard();
        switch (frame.type()) {
            case TEXT, BINARY, CONTINUATION -> messages.add(frame);
            case PING, PONG -> {
                if (!controlFrames.take(System.nanoTime())) {
                    connection.close(
                            CloseCode.POLICY,
                            "at most " + limits.controlFramesPerSecond() + " control frames a second");
                }
            }
            case CLOSE -> connection.closedByClient();
        }
    }

    private void drained() {
        connection.drained();
        lanes.drained();
    }

    private void idle() {
        life.leaveWhenIdle();
    }

    /** The server shuts down. Answers under way may end before the socket closes. */
    void leave() {
        life.leave();
    }

    private void gone() {
        heartbeat.stop();
        messages.stop();
        lanes.abandon();
        life.stop();
    }
}
