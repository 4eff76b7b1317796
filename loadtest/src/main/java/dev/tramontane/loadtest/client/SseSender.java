package dev.tramontane.loadtest.client;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;

/** Answers over SSE, a request of its own for each, and one more for each time that a reader goes on. */
final class SseSender implements Sender {
    private final Target target;
    private final Vertx vertx;
    private final HttpClientAgent client;
    private final HttpClientAgent slowClient;
    private final HttpClientAgent freshClient;
    private final long pauseMillis;
    private final GoingOn goingOn;

    SseSender(Target target, Vertx vertx, Clients clients, long pauseMillis) {
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        client = clients.http(false);
        slowClient = clients.http(true);
        freshClient = clients.freshHttp();
        goingOn = new GoingOn(vertx, this::goOn);
    }

    @Override
    public void send(Exchange exchange) {
        exchange.sending();
        HttpClientAgent chosen = exchange.slow() ? slowClient : client;
        RequestOptions head = post(exchange);
        if (exchange.resumes() && !responses()) {
            head.putHeader("X-Resume-Time", Long.toString(Continuity.PATIENCE_SECONDS));
        }
        connect(chosen, head, exchange);
    }

    /** Asks for what comes after the last event, as the service's documents say: docs/http.md, "Reading on". */
    private void goOn(Exchange exchange) {
        Continuity at = exchange.continuity();
        RequestOptions head;
        if (responses()) {
            String path = target.api().path() + "/" + at.answer() + "?stream=true&starting_after=" + at.last();
            head = head(HttpMethod.GET, path, exchange);
        } else {
            head = post(exchange).putHeader("Last-Event-ID", at.answer() + ":" + at.last());
        }
        exchange.affinity().give(head);
        connect(freshClient, head, exchange);
    }

    private boolean responses() {
        return target.api() == Api.RESPONSES_SSE;
    }

    private RequestOptions post(Exchange exchange) {
        return head(HttpMethod.POST, target.api().path(), exchange).putHeader("Content-Type", "application/json");
    }

    private RequestOptions head(HttpMethod method, String path, Exchange exchange) {
        return Requests.of(method, target.address(path), exchange.ask().tenant().key())
                .putHeader("Accept", "text/event-stream");
    }

    private void connect(HttpClientAgent chosen, RequestOptions head, Exchange exchange) {
        chosen.request(head)
                .onSuccess(request -> connected(request, exchange))
                .onFailure(none -> goingOn.refused(exchange, 0, null, "no connection: " + none.getMessage()));
    }

    private void connected(HttpClientRequest request, Exchange exchange) {
        if (exchange.over()) {
            request.reset();
            return;
        }
        exchange.cutBy(request::reset);
        request.exceptionHandler(broken -> {}); // The response's future says the same.
        SseReading reading = new SseReading(
                request, exchange, responses(), exchange.slow() ? pauseMillis : 0, vertx, goingOn, this::send);
        (request.getMethod().equals(HttpMethod.GET) ? request.send() : request.send(target.body(exchange.ask())))
                .onSuccess(reading::answered)
                .onFailure(broken -> goingOn.broken(exchange, "no answer: " + broken.getMessage()));
    }
}
