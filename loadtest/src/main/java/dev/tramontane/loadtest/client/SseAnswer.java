package dev.tramontane.loadtest.client;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The events of one answer as they come over one connection, told to its exchange. */
final class SseAnswer {
    private static final String DONE = "[DONE]";

    /** An answer's id, which may have colons itself, and a number. */
    private static final Pattern EVENT_ID = Pattern.compile("(.{1,400}):(\\d{1,18})");

    private final EventLines lines = new EventLines();
    private final boolean response;
    private final Exchange exchange;
    private Exchange.Next next = Exchange.Next.READ_ON;
    private boolean moved;

    /** @param response whether it is a response's events rather than a chat's or a completion's */
    SseAnswer(boolean response, Exchange exchange) {
        this.response = response;
        this.exchange = exchange;
    }

    /** What the reader does after the bytes that were taken last. */
    Exchange.Next next() {
        return next;
    }

    /** Whether the server sends the reader elsewhere for the rest. */
    boolean moved() {
        return moved;
    }

    /** Reads until the bytes end or the reader has enough; returns how many events there were. */
    int take(Buffer bytes) {
        try {
            List<EventLines.Event> events = lines.take(bytes);
            for (EventLines.Event event : events) {
                if (next != Exchange.Next.READ_ON || moved || exchange.over()) {
                    break; // What the connection still has is lost with it.
                }
                if (response) {
                    response(new JsonObject(event.data()));
                } else {
                    chat(event);
                }
                next = exchange.then();
            }
            return events.size();
        } catch (DecodeException | ClassCastException | IllegalStateException malformed) {
            exchange.failed("an event cannot be read: " + malformed.getMessage());
            return 1;
        }
    }

    private void response(JsonObject event) {
        if ("error".equals(event.getString("type"))) {
            exchange.failed("the server says: " + message(event));
        } else {
            moved = ResponseEvents.take(event, exchange) == ResponseEvents.State.MOVED;
        }
    }

    private void chat(EventLines.Event event) {
        Matcher id = EVENT_ID.matcher(event.id());
        if (id.matches()) {
            exchange.continuity().named(id.group(1));
            exchange.numbered(Long.parseLong(id.group(2)), false);
        }
        if (event.data().equals(DONE)) {
            exchange.complete();
            exchange.end();
        } else {
            event(new JsonObject(event.data()));
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
            ChatPieces.of(delta).forEach(exchange::text);
        }
        if (choice.getString("finish_reason") != null) {
            exchange.complete();
        }
    }

    private void read(@Nullable String piece) {
        if (piece != null) {
            exchange.text(piece);
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
                : String.valueOf(error == null ? event.getValue("message", event.encode()) : error);
        return Clients.shown(Buffer.buffer(said));
    }
}
