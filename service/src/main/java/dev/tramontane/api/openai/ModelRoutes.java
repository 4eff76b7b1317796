package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}; an id may contain slashes. */
public final class ModelRoutes implements ApiRoutes {
    private static final String PREFIX = "/v1/models/";

    private final ServedModels models;

    public ModelRoutes(ServedModels models) {
        this.models = models;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get("/v1/models", this::list);
        endpoints.get(PREFIX + "*", this::one);
    }

    private void list(RoutingContext context) {
        reply(context, json -> {
            json.writeStartObject();
            json.writeStringProperty("object", "list");
            json.writeName("data").writeStartArray();
            models.list().forEach(model -> ModelFormat.write(json, model));
            json.writeEndArray();
            json.writeName("models").writeStartArray();
            models.list().forEach(model -> ModelFormat.writeAsOllama(json, model));
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private void one(RoutingContext context) {
        String path = context.request().path();
        String id = path == null || path.length() < PREFIX.length() ? "" : decode(path.substring(PREFIX.length()));
        for (ServedModels.Entry model : models.list()) {
            if (model.id().equals(id)) {
                reply(context, json -> ModelFormat.write(json, model));
                return;
            }
        }
        Replies.fail(context, ApiException.unknownModel(id));
    }

    private static String decode(String raw) {
        try {
            return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return raw; // It names no model then.
        }
    }

    private static void reply(RoutingContext context, JsonWriter.Value value) {
        Replies.json(context, 200, Buffer.buffer(JsonWriter.bytes(value)));
    }
}
