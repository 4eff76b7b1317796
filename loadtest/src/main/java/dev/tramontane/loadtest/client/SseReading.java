package dev.tramontane.loadtest.client;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.util.function.Consumer;

/** One connection that an answer, or a part of one, comes over. On its event loop. */
final class SseReading {
    private final HttpClientRequest request;
    private final Exchange exchange;
    private final boolean response;
    private final long pauseMillis;
    private final Vertx vertx;
    private final GoingOn goingOn;
    private final Consumer<Exchange> again;

    /** What a connection still tells that was given up belongs to nobody. */
    private boolean over;

    /**
     * @param response whether it is a response's events rather than a chat's or a completion's
     * @param pauseMillis of a slow reader after each event; 0 for others
     * @param again is given a request whose reader comes back to begin again
     */
    SseReading(
            HttpClientRequest request,
            Exchange exchange,
            boolean response,
            long pauseMillis,
            Vertx vertx,
            GoingOn goingOn,
            Consumer<Exchange> again) {
        this.request = request;
        this.exchange = exchange;
        this.response = response;
        this.pauseMillis = pauseMillis;
        this.vertx = vertx;
        this.goingOn = goingOn;
        this.again = again;
    }

    void answered(HttpClientResponse answered) {
        int status = answered.statusCode();
        if (status != 200) {
            String later = answered.getHeader("Retry-After");
            answered.body()
                    .onSuccess(body -> goingOn.refused(exchange, status, later, SseAnswer.message(body)))
                    .onFailure(cut -> goingOn.refused(exchange, status, later, ""));
            return;
        }
        String type = answered.getHeader("Content-Type");
        if (type == null || !type.startsWith("text/event-stream")) {
            exchange.failed("the answer is " + type + ", not text/event-stream: does the server stream?");
            request.reset();
            return;
        }
        exchange.affinity().keep(answered.headers());
        SseAnswer answer = new SseAnswer(response, exchange);
        answered.exceptionHandler(broken -> ended("the answer was cut: " + broken.getMessage()));
        answered.endHandler(end -> ended("the answer was cut: its connection ended before it did"));
        if (pauseMillis > 0) {
            answered.pause();
            answered.handler(bytes -> {
                int events = answer.take(bytes);
                vertx.setTimer(Math.max(1, events * pauseMillis), due -> answered.fetch(1));
            });
            answered.fetch(1);
        } else {
            answered.handler(bytes -> read(answer, bytes));
        }
    }

    /** The connection brings nothing more. Some servers end a whole answer so, without a word. */
    private void ended(String why) {
        if (over) {
            return;
        }
        over = true;
        if (exchange.isComplete() && !exchange.canGoOn()) {
            exchange.end();
        } else {
            goingOn.broken(exchange, why);
        }
    }

    private void read(SseAnswer answer, Buffer bytes) {
        if (over) {
            return;
        }
        answer.take(bytes);
        if (answer.moved()) {
            leave();
            goingOn.moved(exchange);
            return;
        }
        switch (answer.next()) {
            case READ_ON -> {}
            case DISCONNECT, CANCEL -> {
                exchange.left();
                leave();
            }
            case RECONNECT -> {
                leave();
                exchange.again();
                again.accept(exchange);
            }
            case RESUME -> {
                leave();
                goingOn.cut(exchange);
            }
        }
    }

    private void leave() {
        over = true;
        request.reset();
    }
}
