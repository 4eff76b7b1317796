package dev.tramontane.loadtest.client;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One socket, perhaps not connected yet, and the answers that come over its lanes. On its event loop. */
final class SocketAnswers {
    /** Of a socket with one lane, which needs no name. */
    private static final String NO_NAME = "";

    private static final String LIFE_OVER = "websocket_connection_limit_reached";

    private final Target target;
    private final Vertx vertx;
    private final long pauseMillis;
    private final GoingOn goingOn;
    private final Consumer<Exchange> again;
    private final Consumer<SocketAnswers> room;
    private final Deque<String> free = new ArrayDeque<>();
    private final Map<String, Exchange> busy = new LinkedHashMap<>();
    private @Nullable WebSocket socket;
    private boolean over;

    /**
     * @param lanes answers at a time
     * @param pauseMillis between two messages of a slow reader, or 0
     * @param again is given a request that is to be sent once more, over another socket
     * @param room is told when there is a free lane where there was none
     */
    SocketAnswers(
            Target target,
            int lanes,
            Vertx vertx,
            long pauseMillis,
            GoingOn goingOn,
            Consumer<Exchange> again,
            Consumer<SocketAnswers> room) {
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        this.goingOn = goingOn;
        this.again = again;
        this.room = room;
        for (int lane = 0; lane < lanes; lane++) {
            free.add(lanes == 1 ? NO_NAME : "lane-" + lane);
        }
    }

    /** Whether it can take another answer. */
    boolean hasRoom() {
        return !over && !free.isEmpty();
    }

    /** Takes a request, to be sent as soon as there is a connection. Needs room. */
    void ask(Exchange exchange) {
        String lane = free.pop();
        busy.put(lane, exchange);
        exchange.cutBy(() -> abandon(lane));
        if (socket != null) {
            send(socket, lane, exchange);
        }
    }

    void connected(WebSocket connection) {
        socket = connection;
        if (pauseMillis > 0) {
            connection.pause();
            connection.fetch(1);
        }
        connection.textMessageHandler(this::message);
        connection.exceptionHandler(broken -> over("the socket broke: " + broken.getMessage()));
        connection.closeHandler(closed -> over("the socket was closed with code " + connection.closeStatusCode()));
        if (busy.isEmpty()) {
            close();
        }
        new ArrayList<>(busy.entrySet()).forEach(lane -> send(connection, lane.getKey(), lane.getValue()));
    }

    /** There is no connection: everybody who waits for it is told. */
    void refused(int status, @Nullable String retryAfter, String why) {
        leave().forEach(exchange -> goingOn.refused(exchange, status, retryAfter, why));
    }

    private void send(WebSocket connection, String lane, Exchange exchange) {
        exchange.affinity().keep(connection.headers());
        JsonObject message;
        if (exchange.isAway()) {
            message = new JsonObject()
                    .put("type", "response.resume")
                    .put("response_id", exchange.continuity().answer())
                    .put("starting_after", exchange.continuity().last());
        } else {
            message = new JsonObject(target.body(exchange.ask()));
        }
        if (!lane.equals(NO_NAME)) {
            message.put("stream_id", lane);
        }
        connection
                .writeTextMessage(message.encode())
                .onFailure(broken -> over("the socket broke: " + broken.getMessage()));
    }

    private void over(String why) {
        leave().forEach(exchange -> goingOn.broken(exchange, why));
    }

    /** Nothing more comes over it; returns whose answers were under way. */
    private List<Exchange> leave() {
        over = true;
        List<Exchange> all = new ArrayList<>(busy.values());
        busy.clear();
        close();
        return all;
    }

    /** Gives the connection up, and with it all that is under way. */
    void close() {
        over = true;
        if (socket != null && !socket.isClosed()) {
            socket.close();
        }
    }

    private void message(String text) {
        if (pauseMillis > 0) {
            vertx.setTimer(pauseMillis, due -> {
                if (socket != null) {
                    socket.fetch(1);
                }
            });
        }
        if (busy.isEmpty()) {
            return;
        }
        try {
            JsonObject event = new JsonObject(text);
            String named = event.getString("stream_id");
            String lane = named == null ? NO_NAME : named;
            Exchange exchange = busy.get(lane);
            if (event.getString("type", "").equals("error")) {
                error(event, exchange, lane);
            } else if (exchange != null) {
                event(event, exchange, lane);
            }
        } catch (DecodeException | ClassCastException malformed) {
            leave().forEach(exchange -> exchange.failed("an event cannot be read: " + malformed.getMessage()));
        }
    }

    private void event(JsonObject event, Exchange exchange, String lane) {
        switch (ResponseEvents.take(event, exchange)) {
            case MOVED -> {
                give(lane);
                goingOn.moved(exchange);
            }
            case OVER -> give(lane);
            case GOES_ON -> after(exchange.then(), exchange);
        }
    }

    private void error(JsonObject event, @Nullable Exchange exchange, String lane) {
        String message = event.getString("message", "");
        if (LIFE_OVER.equals(event.getString("code"))) {
            over = true; // Nothing new is begun; what is under way has some seconds.
            if (exchange != null && (exchange.isAway() || !exchange.continuity().known())) {
                busy.remove(lane);
                again.accept(exchange);
            }
            closeIfIdle();
        } else if (exchange == null) {
            over("the socket was told: " + message);
        } else {
            give(lane);
            goingOn.refused(exchange, event.getInteger("status", 500), retryAfter(event), message);
        }
    }

    private static @Nullable String retryAfter(JsonObject event) {
        JsonObject headers =
                event.getValue("error") instanceof JsonObject error ? error.getJsonObject("headers") : null;
        return headers == null ? null : headers.getString("retry-after");
    }

    private void after(Exchange.Next next, Exchange exchange) {
        switch (next) {
            case READ_ON -> {}
            case CANCEL -> {
                exchange.cancelling();
                if (socket != null) {
                    socket.writeTextMessage(new JsonObject()
                            .put("type", "response.cancel")
                            .put("response_id", exchange.continuity().answer())
                            .encode());
                }
            }
            case DISCONNECT -> {
                leave();
                exchange.left();
            }
            case RECONNECT -> {
                leave();
                exchange.again();
                again.accept(exchange);
            }
            case RESUME -> leave().forEach(this::cut);
        }
    }

    /** Its neighbours' connection is cut with it; one of whom the server has said nothing yet is asked again. */
    private void cut(Exchange exchange) {
        if (exchange.canGoOn()) {
            goingOn.cut(exchange);
        } else {
            exchange.again();
            again.accept(exchange);
        }
    }

    /** A lane's answer is over. */
    private void give(String lane) {
        busy.remove(lane);
        free.add(lane);
        if (!over && free.size() == 1) {
            room.accept(this);
        }
        closeIfIdle();
    }

    /** A lane's reader is gone and its answer is not, so that the lane cannot be used again. */
    private void abandon(String lane) {
        busy.remove(lane);
        over = true;
        closeIfIdle();
    }

    private void closeIfIdle() {
        if (over && busy.isEmpty()) {
            close();
        }
    }
}
