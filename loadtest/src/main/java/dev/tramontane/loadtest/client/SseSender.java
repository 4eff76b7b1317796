package dev.tramontane.loadtest.client;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;

/** Chats or texts over SSE, a request of its own for each. */
final class SseSender implements Sender {
    private final Target target;
    private final Vertx vertx;
    private final HttpClientAgent client;
    private final HttpClientAgent slowClient;
    private final long pauseMillis;

    SseSender(Target target, Vertx vertx, Clients clients, long pauseMillis) {
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        client = clients.http(false);
        slowClient = clients.http(true);
    }

    @Override
    public void send(Exchange exchange) {
        exchange.sending();
        HttpClientAgent chosen = exchange.slow() ? slowClient : client;
        chosen.request(Requests.of(
                                HttpMethod.POST,
                                target.address(target.api().path()),
                                exchange.ask().tenant().key())
                        .putHeader("Content-Type", "application/json")
                        .putHeader("Accept", "text/event-stream"))
                .onSuccess(request -> connected(request, exchange))
                .onFailure(none -> exchange.failed("no connection: " + none.getMessage()));
    }

    private void connected(HttpClientRequest request, Exchange exchange) {
        if (exchange.over()) {
            request.reset();
            return;
        }
        exchange.cutBy(request::reset);
        request.exceptionHandler(broken -> {}); // The response's future says the same.
        request.send(target.body(exchange.ask()))
                .onSuccess(response -> answered(request, response, exchange))
                .onFailure(broken -> exchange.failed("no answer: " + broken.getMessage()));
    }

    private void answered(HttpClientRequest request, HttpClientResponse response, Exchange exchange) {
        if (response.statusCode() != 200) {
            response.body()
                    .onSuccess(body -> exchange.refused(response.statusCode(), SseAnswer.message(body)))
                    .onFailure(cut -> exchange.refused(response.statusCode(), ""));
            return;
        }
        String type = response.getHeader("Content-Type");
        if (type == null || !type.startsWith("text/event-stream")) {
            exchange.failed("the answer is " + type + ", not text/event-stream: does the server stream?");
            request.reset();
            return;
        }
        SseAnswer answer = new SseAnswer(exchange);
        response.exceptionHandler(broken -> exchange.failed("the answer was cut: " + broken.getMessage()));
        response.endHandler(end -> exchange.end());
        if (exchange.slow()) {
            response.pause();
            response.handler(bytes -> {
                int events = answer.take(bytes);
                vertx.setTimer(Math.max(1, events * pauseMillis), due -> response.fetch(1));
            });
            response.fetch(1);
        } else {
            response.handler(bytes -> read(request, answer, bytes, exchange));
        }
    }

    private void read(HttpClientRequest request, SseAnswer answer, Buffer bytes, Exchange exchange) {
        answer.take(bytes);
        switch (answer.next()) {
            case READ_ON -> {}
            case DISCONNECT, CANCEL -> {
                exchange.left();
                request.reset();
            }
            case RECONNECT -> {
                // What the cut connection still tells belongs to nobody.
                request.response().onSuccess(response -> {
                    response.handler(none -> {});
                    response.endHandler(none -> {});
                    response.exceptionHandler(none -> {});
                });
                request.reset();
                exchange.again();
                send(exchange);
            }
        }
    }
}
