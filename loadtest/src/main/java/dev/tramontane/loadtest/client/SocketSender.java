package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Tenant;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Responses over WebSockets: an answer at a time on each, further sockets for answers side by side, used again when free. */
final class SocketSender implements Sender {
    private final Target target;
    private final Vertx vertx;
    private final WebSocketClient client;
    private final WebSocketClient slowClient;
    private final long pauseMillis;

    /** A key belongs to a socket, not to a request. */
    private final Map<Tenant, Deque<SocketAnswers>> free = new HashMap<>();

    SocketSender(Target target, Vertx vertx, Clients clients, long pauseMillis) {
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        client = clients.sockets(false);
        slowClient = clients.sockets(true);
    }

    @Override
    public void send(Exchange exchange) {
        exchange.sending();
        Deque<SocketAnswers> idle = idle(exchange.ask().tenant());
        while (!exchange.slow() && !idle.isEmpty()) { // A slow reader has a small buffer, so a socket of its own.
            SocketAnswers socket = idle.pop();
            if (socket.open()) {
                socket.ask(exchange);
                return;
            }
        }
        String address = "ws" + target.address(target.api().path()).substring("http".length());
        WebSocketConnectOptions options = Requests.withKey(
                new WebSocketConnectOptions(), exchange.ask().tenant().key());
        options.setAbsoluteURI(address);
        (exchange.slow() ? slowClient : client)
                .connect(options)
                .onSuccess(socket -> {
                    SocketAnswers answers = new SocketAnswers(
                            socket, target, vertx, exchange.slow() ? pauseMillis : 0, this::reuse, this::send);
                    if (exchange.over()) {
                        answers.close();
                    } else {
                        answers.ask(exchange);
                    }
                })
                .onFailure(none -> failed(exchange, none));
    }

    private static void failed(Exchange exchange, Throwable none) {
        if (none instanceof io.vertx.core.http.UpgradeRejectedException refused) {
            exchange.refused(
                    refused.getStatus(), refused.getBody() == null ? "" : SseAnswer.message(refused.getBody()));
        } else {
            exchange.failed("no connection: " + none.getMessage());
        }
    }

    private void reuse(Tenant tenant, SocketAnswers socket) {
        idle(tenant).push(socket);
    }

    private Deque<SocketAnswers> idle(Tenant tenant) {
        return free.computeIfAbsent(tenant, key -> new ArrayDeque<>());
    }
}
