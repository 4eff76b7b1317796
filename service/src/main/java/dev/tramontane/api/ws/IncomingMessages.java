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
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Frames become messages, in the order sent, and what they take is counted from the first byte. Event loop only. */
final class IncomingMessages {
    /** Messages up to this many bytes are decoded and read on the event loop; the time is well below a millisecond. */
    private static final int SMALL_MESSAGE = 32 << 10;

    private final ResponseServices services;
    private final ServerWebSocket socket;
    private final Connection connection;
    private final Parents parents;
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
     * @param parents what a request may refer to
     * @param traceId of the request that opened the socket
     */
    IncomingMessages(
            ResponseServices services,
            ServerWebSocket socket,
            Connection connection,
            Parents parents,
            Caller caller,
            String traceId,
            Taker taker) {
        earlier = new EarlierResponses(services);
        this.caller = caller;
        this.traceId = traceId;
        this.services = services;
        this.socket = socket;
        this.connection = connection;
        this.parents = parents;
        history = parents.later();
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
            case Outcome.Whole(byte[] utf8) -> message(utf8, memory);
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

    private void message(byte[] utf8, RequestMemory.Lease memory) {
        if (utf8.length <= SMALL_MESSAGE) {
            Begun begun = begin(utf8, memory);
            if (begun.whole() != null) {
                hand(begun.whole(), memory);
            } else {
                takeLater(brought(begun), memory);
            }
            return;
        }
        takeLater(
                services.vertx()
                        .executeBlocking(() -> begin(utf8, memory), false)
                        .map(begun -> Objects.requireNonNull(begun)) // Vert.x lets a future hold nothing.
                        .compose(begun ->
                                begun.whole() != null ? Future.succeededFuture(begun.whole()) : brought(begun)),
                memory);
    }

    private void hand(ClientMessage message, RequestMemory.Lease memory) {
        if (message instanceof ClientMessage.Wrong wrong && wrong.cause() instanceof CharacterCodingException) {
            memory.release();
            connection.close(CloseCode.NOT_UTF8, "A text message must be UTF-8.");
        } else {
            taker.take(message, memory);
        }
    }

    /** Messages are handled in the order sent, so none is read before this one has come. */
    private void takeLater(Future<ClientMessage> coming, RequestMemory.Lease memory) {
        socket.pause();
        coming.onComplete((message, wrong) -> connection.guarded(() -> {
            if (connection.isClosed()) {
                memory.release();
                return;
            }
            hand(wrong == null ? message : wrong(wrong), memory);
            if (!connection.isClosed()) {
                socket.resume();
            }
        }));
    }

    /**
     * A message whose JSON is there.
     *
     * @param ids of responses that it refers to and that may be with an earlier process's answers; none where it is whole
     * @param whole null where something has to be brought first
     */
    private record Begun(
            Map<String, @Nullable Object> json,
            int characters,
            Set<String> ids,
            @Nullable ClientMessage whole) {}

    /** Any thread. */
    private Begun begin(byte[] utf8, RequestMemory.Lease memory) {
        try {
            String text = MessageAssembler.text(utf8);
            memory.take(RequestMemory.ofBody(0) + RequestMemory.ofTree(text));
            Map<String, @Nullable Object> json = ClientMessage.parse(text);
            Set<String> ids = elsewhere(json);
            return new Begun(json, text.length(), ids, ids.isEmpty() ? read(json, text.length()) : null);
        } catch (Throwable wrong) { // Errors as well: they are the end of this message, not of the socket.
            return new Begun(Map.of(), 0, Set.of(), wrong(wrong));
        }
    }

    private Set<String> elsewhere(Map<String, @Nullable Object> json) {
        if (!earlier.exist()) {
            return Set.of();
        }
        Set<String> ids = new LinkedHashSet<>(ClientMessage.references(json));
        ids.removeIf(parents::has);
        return ids;
    }

    private Future<ClientMessage> brought(Begun begun) {
        Future<Void> bringing = earlier.bring(caller, begun.ids(), traceId);
        return bringing.transform(
                brought -> readAside(begun).map(read -> brought.succeeded() ? read : read.refused(brought.cause())));
    }

    private Future<ClientMessage> readAside(Begun begun) {
        if (begun.characters() <= SMALL_MESSAGE) {
            return Future.succeededFuture(read(begun.json(), begun.characters()));
        }
        return services.vertx()
                .executeBlocking(() -> read(begun.json(), begun.characters()), false)
                .map(read -> Objects.requireNonNull(read));
    }

    /** Any thread. */
    private ClientMessage read(Map<String, @Nullable Object> json, int characters) {
        return ClientMessage.read(json, characters, services.models(), services.config(), history);
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
