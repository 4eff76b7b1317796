package dev.tramontane.loadtest;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers of a {@link FakeServer} that can be gone on with, as Tramontane's can: its events have numbers. */
public final class KeptAnswers {
    /** Times that a reader went on. */
    public final AtomicInteger resumed = new AtomicInteger();

    private final Map<String, List<JsonObject>> kept = new ConcurrentHashMap<>();

    /** How far beyond, or before, the next event those who go on are sent: 0 is right. */
    private volatile int wrong;

    public KeptAnswers skipping(int events) {
        wrong = events;
        return this;
    }

    /** A chat, or with the last event's id the rest of one. */
    public void chat(JsonObject body, HttpServerRequest request) {
        String last = request.getHeader("Last-Event-ID");
        String id = "chatcmpl:" + kept.size();
        int from = 0;
        if (last == null) {
            kept.put(id, chatEvents(FakeServer.words(body)));
        } else {
            id = last.substring(0, last.lastIndexOf(':'));
            from = next(Integer.parseInt(last.substring(id.length() + 1)));
        }
        FakeServer.head(request.response());
        boolean named = last != null || request.getHeader("X-Resume-Time") != null;
        List<JsonObject> events = kept.get(id);
        for (int number = from; number <= events.size(); number++) {
            String data =
                    number == events.size() ? "[DONE]" : events.get(number).encode();
            request.response().write((named ? "id: " + id + ":" + number + "\n" : "") + "data: " + data + "\n\n");
        }
        request.response().end();
    }

    /** The first events of a chat, and no more. */
    public void begin(JsonObject body, HttpServerRequest request, int events) {
        String id = "chatcmpl:" + kept.size();
        kept.put(id, chatEvents(FakeServer.words(body)));
        for (int number = 0; number < events; number++) {
            request.response()
                    .write("id: " + id + ":" + number + "\ndata: "
                            + kept.get(id).get(number).encode() + "\n\n");
        }
    }

    /** The first events of a response, and that it goes on elsewhere. */
    public List<JsonObject> drained(JsonObject body, int events) {
        String id = "resp_" + kept.size();
        kept.put(id, responseEvents(id, FakeServer.words(body)));
        List<JsonObject> all = new ArrayList<>(kept.get(id).subList(0, events));
        all.add(event("response.incomplete", events - 1)
                .put("response", new JsonObject().put("id", id))
                .put("resume", new JsonObject().put("response_id", id)));
        return all;
    }

    /** A response over SSE, or the rest of one. */
    public void response(JsonObject body, HttpServerRequest request) {
        String id = "resp_" + kept.size();
        int from = 0;
        String path = String.valueOf(request.path());
        if (path.startsWith("/v1/responses/")) {
            id = path.substring("/v1/responses/".length());
            from = next(Integer.parseInt(request.getParam("starting_after")));
        } else {
            kept.put(id, responseEvents(id, FakeServer.words(body)));
        }
        HttpServerResponse response = request.response();
        FakeServer.head(response);
        List<JsonObject> events = kept.get(id);
        events.subList(from, events.size())
                .forEach(event -> response.write(
                        "id: " + event.getInteger("sequence_number") + "\ndata: " + event.encode() + "\n\n"));
        response.end();
    }

    /** The same over a socket, in the lane that the message names. */
    public void socket(JsonObject message, ServerWebSocket socket) {
        String id = "resp_" + kept.size();
        int from = 0;
        if (message.getString("type").equals("response.resume")) {
            id = message.getString("response_id");
            from = next(message.getInteger("starting_after"));
        } else {
            kept.put(id, responseEvents(id, FakeServer.words(message)));
        }
        List<JsonObject> events = kept.get(id);
        for (JsonObject event : events.subList(from, events.size())) {
            JsonObject sent = event.copy();
            if (message.containsKey("stream_id")) {
                sent.put("stream_id", message.getString("stream_id"));
            }
            socket.writeTextMessage(sent.encode());
        }
    }

    private int next(int last) {
        resumed.incrementAndGet();
        return Math.max(0, last + 1 + wrong);
    }

    private static List<JsonObject> chatEvents(List<String> words) {
        List<JsonObject> events = new ArrayList<>();
        events.add(choice(new JsonObject().put("delta", new JsonObject().put("role", "assistant"))));
        words.forEach(word -> events.add(choice(new JsonObject().put("delta", new JsonObject().put("content", word)))));
        events.add(choice(new JsonObject().put("delta", new JsonObject()).put("finish_reason", "length")));
        events.add(new JsonObject()
                .put("choices", new JsonArray())
                .put("usage", new JsonObject().put("prompt_tokens", 3).put("completion_tokens", words.size())));
        return events;
    }

    private static JsonObject choice(JsonObject choice) {
        return new JsonObject().put("choices", new JsonArray().add(choice));
    }

    private static List<JsonObject> responseEvents(String id, List<String> words) {
        List<JsonObject> events = new ArrayList<>();
        events.add(event("response.created", 0).put("response", new JsonObject().put("id", id)));
        words.forEach(word ->
                events.add(event("response.output_text.delta", events.size()).put("delta", word)));
        events.add(event("response.incomplete", events.size())
                .put("response", whole(String.join("", words), words.size())));
        return events;
    }

    private static JsonObject event(String type, int number) {
        return new JsonObject().put("type", type).put("sequence_number", number);
    }

    /** What a response is at its end. */
    public static JsonObject whole(String text, int tokens) {
        JsonObject part = new JsonObject().put("type", "output_text").put("text", text);
        return new JsonObject()
                .put("incomplete_details", new JsonObject().put("reason", "max_output_tokens"))
                .put(
                        "output",
                        new JsonArray()
                                .add(new JsonObject().put("type", "message").put("content", new JsonArray().add(part))))
                .put("usage", new JsonObject().put("input_tokens", 3).put("output_tokens", tokens));
    }
}
