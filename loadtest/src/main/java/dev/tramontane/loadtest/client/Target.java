package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Whom requests go to, and what every one of them says.
 *
 * @param url of the server, without a path: {@code http://127.0.0.1:8080}
 * @param api spoken
 * @param model named in each request
 * @param temperature of each
 * @param fields further ones, of every request; they win over ours
 * @param lanes answers at a time over one socket
 */
public record Target(String url, Api api, String model, double temperature, JsonObject fields, int lanes) {
    /** The whole address of a path. */
    String address(String path) {
        return url + path;
    }

    /** The body of a request, or the first message of one over a socket. Only standard fields, and {@link #fields}. */
    public Buffer body(Ask ask) {
        JsonObject body = new JsonObject().put("model", model);
        String text = ask.prompt().text();
        switch (api) {
            case CHAT ->
                body.put(
                                "messages",
                                new JsonArray()
                                        .add(new JsonObject()
                                                .put("role", "user")
                                                .put("content", text)))
                        .put("max_tokens", ask.answer());
            case COMPLETIONS -> body.put("prompt", text).put("max_tokens", ask.answer());
            case RESPONSES -> response(ask, body.put("type", "response.create"));
            case RESPONSES_SSE -> response(ask, body.put("stream", true));
        }
        body.put("temperature", temperature);
        if (api == Api.CHAT || api == Api.COMPLETIONS) {
            body.put("stream", true).put("stream_options", new JsonObject().put("include_usage", true));
        }
        return body.mergeIn(fields, false).toBuffer();
    }

    private static void response(Ask ask, JsonObject body) {
        body.put("input", ask.prompt().text())
                .put("max_output_tokens", ask.answer())
                .put("store", ask.behaviour() == Behaviour.RESUME); // Nobody else comes back for it.
    }
}
