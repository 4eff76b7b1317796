package dev.tramontane.loadtest.client;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The events of one answer over SSE, told to its exchange. */
final class SseAnswer {
    private static final String DONE = "[DONE]";

    private final EventLines lines = new EventLines();
    private final Exchange exchange;
    private Exchange.Next next = Exchange.Next.READ_ON;

    SseAnswer(Exchange exchange) {
        this.exchange = exchange;
    }

    /** What the reader does after the bytes that were taken last. */
    Exchange.Next next() {
        return next;
    }

    /** Reads until the bytes end or the reader has enough; returns how many events there were. */
    int take(Buffer bytes) {
        try {
            List<String> events = lines.take(bytes);
            for (String event : events) {
                if (next != Exchange.Next.READ_ON || exchange.over()) {
                    break;
                }
                if (event.equals(DONE)) {
                    exchange.complete();
                    exchange.end();
                } else {
                    event(new JsonObject(event));
                }
            }
            return events.size();
        } catch (DecodeException | ClassCastException | IllegalStateException malformed) {
            exchange.failed("an event cannot be read: " + malformed.getMessage());
            return 1;
        }
    }

    private void event(JsonObject event) {
        if (event.getValue("error") != null) {
            exchange.failed("the server says: " + message(event));
            return;
        }
        JsonObject usage = event.getJsonObject("usage");
        if (usage != null) {
            exchange.usage(usage.getInteger("prompt_tokens", -1), usage.getInteger("completion_tokens", -1));
        }
        JsonArray choices = event.getJsonArray("choices");
        if (choices == null || choices.isEmpty()) {
            return;
        }
        JsonObject choice = choices.getJsonObject(0);
        JsonObject delta = choice.getJsonObject("delta");
        if (delta == null) {
            read(choice.getString("text"));
        } else {
            read(delta.getString("reasoning_content"));
            read(delta.getString("content"));
        }
        if (choice.getString("finish_reason") != null) {
            exchange.complete();
        }
    }

    private void read(@Nullable String piece) {
        if (piece != null && next == Exchange.Next.READ_ON) {
            next = exchange.text(piece);
        }
    }

    /** What an error's body says to people. */
    static String message(Buffer body) {
        try {
            return message(new JsonObject(body));
        } catch (DecodeException | ClassCastException other) {
            return Clients.shown(body);
        }
    }

    private static String message(JsonObject event) {
        Object error = event.getValue("error");
        String said = error instanceof JsonObject object
                ? object.getString("message", object.encode())
                : String.valueOf(error == null ? event.encode() : error);
        return Clients.shown(Buffer.buffer(said));
    }
}
