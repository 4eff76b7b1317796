package dev.tramontane.api;

import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonGenerator;

/** Writes failures in OpenAI's format: {@code {"error": {"message", "type", "param", "code"}}}. */
public final class ErrorBody {
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END = "\n\ndata: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

    private ErrorBody() {}

    /** As the body of a response. */
    public static Buffer json(ApiException failure) {
        return Buffer.buffer(JsonWriter.bytes(json -> write(json, failure)));
    }

    /** As the last event of a stream whose head has gone out already. */
    public static Buffer event(ApiException failure) {
        return Buffer.buffer(JsonWriter.framed(DATA, json -> write(json, failure), END));
    }

    private static void write(JsonGenerator json, ApiException failure) {
        json.writeStartObject();
        json.writeName("error").writeStartObject();
        json.writeStringProperty("message", failure.getMessage());
        json.writeStringProperty("type", failure.type());
        json.writeStringProperty("param", failure.param());
        json.writeStringProperty("code", failure.code());
        json.writeEndObject();
        json.writeEndObject();
    }
}
