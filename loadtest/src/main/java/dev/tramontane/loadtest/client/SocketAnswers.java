package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Tenant;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One socket and the answer that comes over it. */
final class SocketAnswers {
    private final WebSocket socket;
    private final Target target;
    private final Vertx vertx;
    private final long pauseMillis;
    private final BiConsumer<Tenant, SocketAnswers> free;
    private final Consumer<Exchange> again;
    private @Nullable Exchange exchange;
    private String response = "";
    private boolean cancelled;

    /**
     * @param pauseMillis between two messages of a slow reader, or 0
     * @param free is told when another request may use it
     * @param again is given a request whose reader comes back
     */
    SocketAnswers(
            WebSocket socket,
            Target target,
            Vertx vertx,
            long pauseMillis,
            BiConsumer<Tenant, SocketAnswers> free,
            Consumer<Exchange> again) {
        this.socket = socket;
        this.target = target;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
        this.free = free;
        this.again = again;
        if (pauseMillis > 0) {
            socket.pause();
            socket.fetch(1);
        }
        socket.textMessageHandler(this::message);
        socket.exceptionHandler(broken -> over("the socket broke: " + broken.getMessage()));
        socket.closeHandler(closed -> over("the socket was closed with code " + socket.closeStatusCode()));
    }

    boolean open() {
        return !socket.isClosed();
    }

    void close() {
        socket.close();
    }

    void ask(Exchange next) {
        exchange = next;
        response = "";
        cancelled = false;
        next.cutBy(this::close);
        socket.writeTextMessage(target.body(next.ask()).toString())
                .onFailure(broken -> over("the socket broke: " + broken.getMessage()));
    }

    private void over(String why) {
        Exchange cut = exchange;
        exchange = null;
        if (cut != null) {
            cut.failed(why);
        }
    }

    private void message(String text) {
        if (pauseMillis > 0) {
            vertx.setTimer(pauseMillis, due -> socket.fetch(1));
        }
        Exchange current = exchange;
        if (current == null || current.over()) {
            return;
        }
        try {
            event(new JsonObject(text), current);
        } catch (DecodeException | ClassCastException malformed) {
            over("an event cannot be read: " + malformed.getMessage());
            close();
        }
    }

    private void event(JsonObject event, Exchange current) {
        switch (event.getString("type", "")) {
            case "response.created" ->
                response = event.getJsonObject("response", new JsonObject()).getString("id", "");
            case "response.output_text.delta" -> after(current.text(event.getString("delta", "")), current);
            case "response.completed", "response.incomplete" -> {
                JsonObject usage =
                        event.getJsonObject("response", new JsonObject()).getJsonObject("usage");
                if (usage != null) {
                    current.usage(usage.getInteger("input_tokens", -1), usage.getInteger("output_tokens", -1));
                }
                current.complete();
                done(current);
            }
            case "response.failed" -> {
                JsonObject error =
                        event.getJsonObject("response", new JsonObject()).getJsonObject("error");
                boolean noRoom = error != null && "rate_limit_exceeded".equals(error.getString("code"));
                current.refused(noRoom ? 429 : 500, error == null ? "" : error.getString("message", ""));
                done(current);
            }
            case "error" -> {
                current.refused(event.getInteger("status", 500), event.getString("message", ""));
                done(current);
            }
            default -> {} // Events that frame the text.
        }
    }

    private void after(Exchange.Next next, Exchange current) {
        switch (next) {
            case READ_ON -> {}
            case CANCEL -> {
                cancelled = true;
                socket.writeTextMessage(new JsonObject()
                        .put("type", "response.cancel")
                        .put("response_id", response)
                        .encode());
            }
            case DISCONNECT -> {
                exchange = null;
                current.left();
                close();
            }
            case RECONNECT -> {
                exchange = null;
                close();
                current.again();
                again.accept(current);
            }
        }
    }

    private void done(Exchange current) {
        exchange = null;
        if (cancelled) {
            current.left();
        } else {
            current.end();
        }
        if (pauseMillis > 0) {
            close();
        } else if (open()) {
            free.accept(current.ask().tenant(), this);
        }
    }
}
