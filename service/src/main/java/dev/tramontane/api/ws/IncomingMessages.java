package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.responses.EarlierResponses;
import dev.tramontane.api.responses.History;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.ws.MessageAssembler.Outcome;
import io.vertx.core.Future;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.time.Duration;
import java.util.Objects;

/** Frames become messages, in the order sent, and what they take is counted from the first byte. Event loop only. */
final class IncomingMessages {
    /** Messages up to this many characters are read on the event loop; the time is well below a millisecond. */
    private static final int SMALL_MESSAGE = 32 << 10;

    private final ResponseServices services;
    private final ServerWebSocket socket;
    private final Connection connection;
    private final History history;
    private final EarlierResponses earlier;
    private final Caller caller;
    private final String traceId;
    private final Taker taker;
    private final MessageAssembler assembler;
    private final Deadline whole;
    private RequestMemory.Lease arriving;

    /** Takes a message, and the memory that it has. */
    interface Taker {
        void take(ClientMessage message, RequestMemory.Lease memory);
    }

    /**
     * @param history what a request may refer to
     * @param traceId of the request that opened the socket
     */
    IncomingMessages(
            ResponseServices services,
            ServerWebSocket socket,
            Connection connection,
            History history,
            Caller caller,
            String traceId,
            Taker taker) {
        earlier = new EarlierResponses(services);
        this.caller = caller;
        this.traceId = traceId;
        this.services = services;
        this.socket = socket;
        this.connection = connection;
        this.history = history;
        this.taker = taker;
        assembler = new MessageAssembler(services.config().sockets().messageBytes());
        Duration patience = services.config().transport().bodyTime();
        whole = new Deadline(services.vertx(), patience, () -> late(patience));
        arriving = services.memory().lease();
    }

    /** Takes a text, binary or continuation frame. */
    void add(WebSocketFrame frame) {
        if (!arriving.grow(RequestMemory.ofMore(frame.binaryData().length()))) {
            services.observer().refused(RequestMemory.REFUSED);
            connection.close(CloseCode.TRY_AGAIN_LATER, "the server has no memory for this message; try again later");
            return;
        }
        Outcome outcome = assembler.add(frame);
        if (outcome instanceof Outcome.Partial) {
            whole.start();
            return;
        }
        whole.stop();
        RequestMemory.Lease memory = arriving;
        arriving = services.memory().lease();
        switch (outcome) {
            case Outcome.Partial unreachable -> throw new IllegalStateException("a part of a message has returned");
            case Outcome.Text(String text) -> message(text, memory);
            case Outcome.Violation(CloseCode code, String reason) -> {
                memory.release();
                connection.close(code, reason);
            }
            case Outcome.Binary binary -> {
                String why = "a message is JSON in a text frame; this one was binary";
                taker.take(wrong(ApiException.invalid(400, why, "invalid_message")), memory);
            }
        }
    }

    private void late(Duration patience) {
        connection.close(CloseCode.POLICY, "a message did not arrive whole within " + patience.toSeconds() + " s");
    }

    private void message(String text, RequestMemory.Lease memory) {
        boolean small = text.length() <= SMALL_MESSAGE;
        boolean refers = earlier.exist() && (text.contains("\"resp_") || text.contains("\"msg_"));
        if (small && !refers) {
            taker.take(read(text, memory), memory);
            return;
        }
        socket.pause(); // Messages are handled in the order sent.
        Future<ClientMessage> whole = refers
                ? brought(text)
                        .transform(brought -> readAside(text, memory)
                                .map(read -> brought.succeeded() ? read : read.refused(brought.cause())))
                : readAside(text, memory);
        whole.onComplete((message, wrong) -> connection.guarded(() -> {
            if (connection.isClosed()) {
                memory.release();
                return;
            }
            taker.take(wrong == null ? message : wrong(wrong), memory);
            if (!connection.isClosed()) {
                socket.resume();
            }
        }));
    }

    private Future<ClientMessage> readAside(String text, RequestMemory.Lease memory) {
        return services.vertx()
                .executeBlocking(() -> read(text, memory), false)
                .map(read -> Objects.requireNonNull(read)); // Vert.x lets a future hold nothing.
    }

    /** What it refers to may be with an earlier process's answers. */
    private Future<Void> brought(String text) {
        return services.vertx()
                .executeBlocking(() -> ClientMessage.references(text), false)
                .compose(ids -> earlier.bring(caller, Objects.requireNonNull(ids), traceId));
    }

    /** Any thread. */
    private ClientMessage read(String text, RequestMemory.Lease memory) {
        try {
            memory.take(RequestMemory.ofBody(0) + RequestMemory.ofTree(text));
        } catch (ApiException tooMuch) {
            return wrong(tooMuch);
        }
        return ClientMessage.read(text, services.models(), services.config(), history);
    }

    private static ClientMessage wrong(Throwable cause) {
        return new ClientMessage.Wrong(StreamId.DEFAULT, null, cause);
    }

    /** The socket is gone. */
    void stop() {
        whole.stop();
        arriving.release();
    }
}
