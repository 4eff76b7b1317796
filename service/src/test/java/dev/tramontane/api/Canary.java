package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * Well-formed requests whose answers were recorded at the start: as JSON, as a stream and over a WebSocket. Whatever
 * others do to the service, they answer as before, byte for byte but for the ids made for each answer.
 */
final class Canary {
    private static final JsonObject BODY = TestService.body(
            "a canary", new JsonObject().put("max_tokens", 8).put("seed", 7).put("logprobs", 2));
    private static final JsonObject STREAM = BODY.copy().put("stream", true);
    private static final JsonObject MESSAGE = new JsonObject()
            .put("type", "response.create")
            .put("input", "a canary")
            .put("max_output_tokens", 8)
            .put("temperature", 0);

    private final TestService service;
    private final String json;
    private final String stream;
    private final String events;

    Canary(TestService service) throws IOException {
        this.service = service;
        json = json();
        stream = stream();
        events = events();
    }

    /** Asks for JSON. */
    void sings(String after) throws IOException {
        assertThat(json()).as(after).isEqualTo(json);
    }

    /** Asks in every way. */
    void singsAll(String after) throws IOException {
        sings(after);
        assertThat(stream()).as(after).isEqualTo(stream);
        assertThat(events()).as(after).isEqualTo(events);
    }

    private String json() throws IOException {
        RawClient.Answer answer = ask(BODY);
        return nameless(answer.status() + "\n" + answer.body().strip()); // White space came first if it took long.
    }

    private String stream() throws IOException {
        RawClient.Answer answer = ask(STREAM);
        StringBuilder all = new StringBuilder().append(answer.status()).append('\n');
        for (JsonObject event : StrictEvents.of(answer.body())) {
            JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
            boolean keepAlive = choice.getString("text").isEmpty() && choice.getString("finish_reason") == null;
            if (!keepAlive) { // Of which there are as many as it took long.
                all.append(event.encode()).append('\n');
            }
        }
        return nameless(all.toString());
    }

    private RawClient.Answer ask(JsonObject body) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            return client.send(RawClient.post("/v1/completions", body.encode())).answer();
        }
    }

    private String events() throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            client.send(RawClient.upgrade()).head();
            client.send(RawClient.message(MESSAGE));
            StringBuilder all = new StringBuilder();
            JsonObject event;
            do {
                event = client.event();
                all.append(event.encode()).append('\n');
            } while (!isLast(event.getString("type")));
            return nameless(all.toString());
        }
    }

    static boolean isLast(String type) {
        return switch (type) {
            case "response.completed", "response.incomplete", "response.failed", "error" -> true;
            default -> false;
        };
    }

    /** Without the ids, of which each answer has its own. */
    private static String nameless(String text) {
        return text.replaceAll("\\b(req|cmpl|resp|msg)[_-][0-9a-zA-Z]+", "$1")
                .replaceAll("(\"cached_tokens\":)\\d+", "$1"); // How often it was asked before.
    }
}
