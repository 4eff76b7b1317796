package dev.tramontane.api.openai;

import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonTree;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /openapi.json}: what is served, as OpenAPI 3.1. Routes and answers stand in a file; the bodies of the endpoints
 * that generate are made of {@link RequestFields}, the table that those endpoints read by.
 */
public final class OpenApiRoute implements ApiRoutes {
    private static final String FILE = "/openapi.json";

    /** A field's own key: honoured, default only, no effect or refused. */
    static final String TREATMENT = "x-treatment";

    private final byte[] document;

    /**
     * Reads the file. Not on the event loop.
     *
     * @param version of the program
     */
    public OpenApiRoute(String version) {
        Map<String, @Nullable Object> root = JsonReader.object(read());
        JsonFields.object(root.get("info"), "info").put("version", version);
        Map<String, @Nullable Object> components = JsonFields.object(root.get("components"), "components");
        Map<String, @Nullable Object> schemas = JsonFields.object(components.get("schemas"), "schemas");
        schemas.put("ChatRequest", body(RequestField.Endpoint.CHAT, "messages"));
        schemas.put("CompletionRequest", body(RequestField.Endpoint.COMPLETIONS, "prompt"));
        schemas.put("FimRequest", body(RequestField.Endpoint.FIM, "prompt"));
        schemas.put("ResponseRequest", body(RequestField.Endpoint.RESPONSES, "input"));
        schemas.put("OllamaGenerateRequest", body(RequestField.Endpoint.OLLAMA_GENERATE));
        schemas.put("OllamaChatRequest", body(RequestField.Endpoint.OLLAMA_CHAT));
        schemas.put("OllamaOptions", body(RequestField.Endpoint.OLLAMA_OPTIONS));
        schemas.put("TgiRequest", body(RequestField.Endpoint.TGI, "inputs"));
        schemas.put("TgiParameters", body(RequestField.Endpoint.TGI_PARAMETERS));
        document = JsonWriter.bytes(json -> JsonTree.write(json, root));
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get("/openapi.json", context -> Replies.json(context, 200, Buffer.buffer(document)));
    }

    private static byte[] read() {
        try (InputStream in = OpenApiRoute.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + FILE + "; build it again");
            }
            return in.readAllBytes();
        } catch (IOException failed) {
            throw new UncheckedIOException(FILE + " could not be read from the jar", failed);
        }
    }

    private static Map<String, Object> body(RequestField.Endpoint endpoint, String... required) {
        Map<String, Object> properties = new LinkedHashMap<>();
        RequestFields.of(endpoint).forEach(field -> properties.put(field.name(), property(field, List.of(required))));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", "object");
        body.put("properties", properties);
        body.put("required", List.of(required));
        body.put("additionalProperties", Map.of("type", "null"));
        return body;
    }

    private static Map<String, Object> property(RequestField field, List<String> required) {
        Map<String, Object> property = new LinkedHashMap<>(
                required.contains(field.name()) ? JsonSchema.required(field.schema()) : field.schema());
        property.put("description", field.words());
        property.put(TREATMENT, field.treatmentWords());
        return property;
    }
}
