package dev.tramontane.loadtest.client;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The events of a response, by whichever way they come, told to its exchange. */
final class ResponseEvents {
    private static final String DELTA = "response.output_text.delta";

    /** Why an answer ends that is as long as was asked for. */
    private static final String LENGTH = "max_output_tokens";

    /** What there is to do after an event, beside what the reader does. */
    enum State {
        GOES_ON,
        /** The response is over, and the exchange has been told. */
        OVER,
        /** The server shuts down: the response goes on, with the same or another server. */
        MOVED
    }

    private ResponseEvents() {}

    /** @throws ClassCastException when a member is not of the type that the protocol says */
    static State take(JsonObject event, Exchange exchange) {
        String type = event.getString("type", "");
        JsonObject response = event.getJsonObject("response", new JsonObject());
        if (type.equals("response.incomplete")
                && (event.getValue("resume") != null || response.getValue("resume") != null)) {
            return State.MOVED; // No event of the response: its number is the last one's.
        }
        if (type.startsWith("response.") && event.getValue("sequence_number") != null) {
            exchange.numbered(event.getLong("sequence_number"), true);
        }
        switch (type) {
            case "response.created" -> exchange.continuity().named(response.getString("id", ""));
            case DELTA -> exchange.text(event.getString("delta", ""));
            case "response.completed", "response.incomplete" -> {
                ended(type, response, exchange);
                return State.OVER;
            }
            case "response.failed" -> {
                JsonObject error = response.getJsonObject("error");
                boolean noRoom = error != null && "rate_limit_exceeded".equals(error.getString("code"));
                exchange.refused(noRoom ? 429 : 500, error == null ? "" : error.getString("message", ""));
                return State.OVER;
            }
            default -> {} // Events that frame the text.
        }
        return State.GOES_ON;
    }

    private static void ended(String type, JsonObject response, Exchange exchange) {
        JsonObject usage = response.getJsonObject("usage");
        if (usage != null) {
            exchange.usage(usage.getInteger("input_tokens", -1), usage.getInteger("output_tokens", -1));
        }
        JsonObject details = response.getJsonObject("incomplete_details");
        String early = details == null ? null : details.getString("reason");
        if (type.equals("response.incomplete") && early != null && !early.equals(LENGTH) && !exchange.isCancelling()) {
            exchange.failed("the answer ended early: " + early);
            return;
        }
        JsonArray output = response.getJsonArray("output");
        if (output == null) {
            exchange.complete();
        } else {
            exchange.complete(text(output));
        }
        exchange.end();
    }

    /** Of all messages, in order. */
    private static String text(JsonArray output) {
        return objects(output)
                .flatMap(item -> objects(item.getJsonArray("content")))
                .filter(part -> "output_text".equals(part.getString("type")))
                .map(part -> part.getString("text", ""))
                .collect(Collectors.joining());
    }

    private static Stream<JsonObject> objects(@Nullable JsonArray array) {
        return array == null ? Stream.empty() : array.stream().map(JsonObject.class::cast);
    }
}
