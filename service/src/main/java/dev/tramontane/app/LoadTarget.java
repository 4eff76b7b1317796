package dev.tramontane.app;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A server that a {@link StreamLoad} is put on.
 *
 * @param address "http://127.0.0.1:8080"
 * @param model of it; null for the one that it has
 * @param key that it asks for; null for none
 * @param extended whether it takes what OpenAI's API does not have: {@code ignore_eos}, by which every answer has its length
 * @param prompts a text for each request; null for token ids, which mean the same to this program only
 */
record LoadTarget(
        String address,
        @Nullable String model,
        @Nullable String key,
        boolean extended,
        @Nullable IntFunction<String> prompts) {
    private static final String AUTHORIZATION = "Authorization";

    /** Of this program, in token ids. */
    static LoadTarget own(String address) {
        return new LoadTarget(address, null, null, true, null);
    }

    HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path));
        return key == null ? request : request.header(AUTHORIZATION, "Bearer " + key);
    }

    /**
     * A request for one stream.
     *
     * @param number of all that are made
     * @param ids that it has where prompts are none
     * @param tokens of the answer
     */
    HttpRequest completion(int number, int[] ids, int tokens) {
        JsonObject body = new JsonObject()
                .put(
                        "prompt",
                        prompts == null
                                ? new JsonArray(Arrays.stream(ids).boxed().toList())
                                : prompts.apply(number))
                .put("max_tokens", tokens)
                .put("temperature", 0)
                .put("stream", true)
                .put("stream_options", new JsonObject().put("include_usage", true));
        if (model != null) {
            body.put("model", model);
        }
        if (extended) {
            body.put("ignore_eos", true);
        }
        if (prompts == null) {
            body.put("skip_special_tokens", false); // Every token has a text, and so an event.
        }
        return request("/v1/completions")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
    }

    /** The same, asked other prompts. */
    LoadTarget asking(IntFunction<String> other) {
        return new LoadTarget(address, model, key, extended, other);
    }
}
