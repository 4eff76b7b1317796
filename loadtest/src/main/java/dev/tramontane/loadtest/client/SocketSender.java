package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Behaviour;
import dev.tramontane.loadtest.plan.Tenant;
import io.vertx.core.Vertx;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Responses over WebSockets: so many answers at a time on each, further sockets for more, used again when there is room. */
final class SocketSender implements Sender {
    private final Target target;
    private final Vertx vertx;
    private final WebSocketClient client;
    private final WebSocketClient slowClient;
    private final long pauseMillis;
    private final GoingOn goingOn;

    /** Sockets with a free lane. */
    private final Map<Pool, Deque<SocketAnswers>> roomy = new HashMap<>();

    /**
     * Who shares sockets: those with the same key, which belongs to a socket, not to a request; and whose sockets are cut, apart from
     * others.
     */
    private record Pool(Tenant tenant, boolean cut) {}

    SocketSender(Target target, Vertx vertx, Clients clients, long pauseMillis) {
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        client = clients.sockets(false);
        slowClient = clients.sockets(true);
        goingOn = new GoingOn(vertx, this::place);
    }

    @Override
    public void send(Exchange exchange) {
        exchange.sending();
        place(exchange);
    }

    private void place(Exchange exchange) {
        if (isAlone(exchange)) {
            open(exchange, 1, SocketAnswers::close).ask(exchange);
            return;
        }
        Deque<SocketAnswers> some = roomy.computeIfAbsent(
                new Pool(exchange.ask().tenant(), exchange.resumes()), pool -> new ArrayDeque<>());
        while (!some.isEmpty() && !some.peek().hasRoom()) {
            some.pop(); // It is closed.
        }
        if (some.isEmpty()) {
            some.push(open(exchange, target.lanes(), some::push));
        }
        SocketAnswers socket = some.peek();
        socket.ask(exchange);
        if (!socket.hasRoom()) {
            some.pop();
        }
    }

    /** Whose reader would take neighbours along, in speed or by leaving; and who has to find another server. */
    private boolean isAlone(Exchange exchange) {
        Behaviour behaviour = exchange.ask().behaviour();
        return exchange.slow()
                || exchange.continuity().isElsewhere()
                || (target.lanes() > 1 && (behaviour == Behaviour.DISCONNECT || behaviour == Behaviour.RECONNECT));
    }

    private SocketAnswers open(Exchange first, int lanes, Consumer<SocketAnswers> room) {
        String address = "ws" + target.address(target.api().path()).substring("http".length());
        WebSocketConnectOptions options = Requests.withKey(
                new WebSocketConnectOptions(), first.ask().tenant().key());
        options.setAbsoluteURI(address);
        if (first.isAway()) {
            first.affinity().give(options);
        }
        SocketAnswers answers =
                new SocketAnswers(target, lanes, vertx, first.slow() ? pauseMillis : 0, goingOn, this::place, room);
        (first.slow() ? slowClient : client)
                .connect(options)
                .onSuccess(answers::connected)
                .onFailure(none -> failed(answers, none));
        return answers;
    }

    private static void failed(SocketAnswers answers, Throwable none) {
        if (none instanceof UpgradeRejectedException refused) {
            answers.refused(
                    refused.getStatus(),
                    refused.getHeaders().get("Retry-After"),
                    refused.getBody() == null ? "" : SseAnswer.message(refused.getBody()));
        } else {
            answers.refused(0, null, "no connection: " + none.getMessage());
        }
    }
}
