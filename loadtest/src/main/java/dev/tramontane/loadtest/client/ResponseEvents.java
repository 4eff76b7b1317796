package dev.tramontane.loadtest.client;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;

/** The events of a response, by whichever way they come, told to its exchange. */
final class ResponseEvents {
    /** Events with a piece of the answer: of words, of thoughts, of a call's arguments. */
    private static final Set<String> DELTAS = Set.of(
            "response.output_text.delta",
            "response.reasoning_text.delta",
            "response.reasoning_summary_text.delta",
            "response.function_call_arguments.delta");

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
            case "response.output_item.added" -> exchange.text(name(event.getJsonObject("item", new JsonObject())));
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
            default -> { // Others frame the text.
                if (DELTAS.contains(type)) {
                    exchange.text(event.getString("delta", ""));
                }
            }
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

    /** Of all items, in order: what their events added. */
    private static String text(JsonArray output) {
        StringBuilder text = new StringBuilder();
        for (JsonObject item : ChatPieces.objects(output)) {
            text.append(name(item)).append(item.getString("arguments", ""));
            for (String parts : List.of("summary", "content")) {
                ChatPieces.objects(item.getJsonArray(parts)).forEach(part -> text.append(part.getString("text", "")));
            }
        }
        return text.toString();
    }

    /** Of the function that is called; empty of other items. */
    private static String name(JsonObject item) {
        return "function_call".equals(item.getString("type")) ? item.getString("name", "") : "";
    }
}
