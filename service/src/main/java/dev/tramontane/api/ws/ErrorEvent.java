package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Instance;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/**
 * Writes a failure as the {@code error} event of a socket. OpenAI's Python client reads {@code error.message}, its
 * JavaScript client {@code message}, so both are there.
 */
final class ErrorEvent {
    private ErrorEvent() {}

    /** @param lane of the request at fault; empty for the default lane, and where the message named none that we could read */
    static String json(ApiException failure, String lane) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", "error");
            if (!lane.isEmpty()) {
                json.writeStringProperty(StreamId.FIELD, lane);
            }
            json.writeNumberProperty("status", failure.status());
            fields(json, failure);
            json.writeName("error").writeStartObject();
            json.writeStringProperty("type", failure.type());
            fields(json, failure);
            headers(json, failure);
            json.writeEndObject();
            json.writeEndObject();
        });
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** What would be headers of an answer over HTTP. */
    private static void headers(JsonGenerator json, ApiException failure) {
        boolean waits = failure.retryAfterSeconds() > 0;
        boolean misdirected = !failure.instance().isEmpty();
        if (!waits && !misdirected) {
            return;
        }
        json.writeName("headers").writeStartObject();
        if (waits) {
            json.writeStringProperty("retry-after", Integer.toString(failure.retryAfterSeconds()));
        }
        if (misdirected) {
            json.writeStringProperty(Instance.HEADER.toLowerCase(Locale.ROOT), failure.instance());
        }
        json.writeEndObject();
    }

    private static void fields(JsonGenerator json, ApiException failure) {
        json.writeStringProperty("code", failure.code());
        json.writeStringProperty("message", failure.getMessage());
        json.writeStringProperty("param", failure.param());
    }
}
