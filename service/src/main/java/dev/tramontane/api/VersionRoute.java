package dev.tramontane.api;

import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;

/** {@code GET /version}: which build this is, in vLLM's shape. */
public final class VersionRoute implements ApiRoutes {
    private final byte[] body;

    /** @param version of the program */
    public VersionRoute(String version) {
        body = JsonWriter.bytes(json ->
                json.writeStartObject().writeStringProperty("version", version).writeEndObject());
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get("/version", context -> Replies.json(context, 200, Buffer.buffer(body)));
    }
}
