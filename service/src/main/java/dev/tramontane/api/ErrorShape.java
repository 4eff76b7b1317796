package dev.tramontane.api;

import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.internal.net.RFC3986;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** In whose form failures are told: clients read all errors of a protocol alike, so it goes by the path. */
enum ErrorShape {
    /** {@code {"error": {"message", "type", "param", "code"}}}. */
    OPENAI("data: ", "\n\ndata: [DONE]\n\n") {
        @Override
        void write(JsonGenerator json, ApiException failure) {
            json.writeName("error").writeStartObject();
            json.writeStringProperty("message", failure.getMessage());
            json.writeStringProperty("type", failure.type());
            json.writeStringProperty("param", failure.param());
            json.writeStringProperty("code", failure.code());
            json.writeEndObject();
        }
    },
    /** {@code {"error": message}}, in a stream as a line. */
    OLLAMA("", "\n") {
        @Override
        void write(JsonGenerator json, ApiException failure) {
            json.writeStringProperty("error", failure.getMessage());
        }
    },
    /** Of Hugging Face's text-generation-inference: {@code {"error": message, "error_type"}}, from a closed set of types. */
    TGI("data:", "\n\n") {
        @Override
        void write(JsonGenerator json, ApiException failure) {
            json.writeStringProperty("error", failure.getMessage());
            json.writeStringProperty("error_type", typeOf(failure.status()));
        }
    };

    private static final String OLLAMAS = "/api/";
    private static final String OLLAMA_ITSELF = "/api";
    private static final Set<String> TGIS = Set.of("/generate", "/generate_stream", "/info");
    private static final int TOO_MANY = 429;
    private static final int UNAVAILABLE = 503;
    private static final int SERVERS_OWN = 500;

    private final String before;
    private final String after;

    ErrorShape(String before, String after) {
        this.before = before;
        this.after = after;
    }

    /** That of a request, whose path is one however it is spelled. */
    static ErrorShape of(HttpMethod method, @Nullable String given) {
        if (given == null) {
            return OPENAI;
        }
        String path = routed(given);
        if (path.startsWith(OLLAMAS) || path.equals(OLLAMA_ITSELF)) {
            return OLLAMA;
        }
        return TGIS.contains(path) || (path.equals("/") && method.equals(HttpMethod.POST)) ? TGI : OPENAI;
    }

    /** As routes are found: escapes, dots and doubled slashes resolved, and a slash at the end is none. */
    private static String routed(String path) {
        String plain;
        try {
            plain = RFC3986.normalizePath(path);
        } catch (
                IllegalArgumentException
                        malformed) { // No route is found by such a path, but it may be told by its beginning.
            plain = path;
        }
        return plain.length() > 1 && plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
    }

    /** The members of the object. */
    abstract void write(JsonGenerator json, ApiException failure);

    /** As the body of a response. */
    Buffer json(ApiException failure) {
        return Buffer.buffer(JsonWriter.bytes(json -> object(json, failure)));
    }

    /** As the last event of a stream whose head has gone out already. */
    Buffer event(ApiException failure) {
        return Buffer.buffer(JsonWriter.framed(
                before.getBytes(StandardCharsets.UTF_8),
                json -> object(json, failure),
                after.getBytes(StandardCharsets.UTF_8)));
    }

    private void object(JsonGenerator json, ApiException failure) {
        json.writeStartObject();
        write(json, failure);
        json.writeEndObject();
    }

    private static String typeOf(int status) {
        if (status == TOO_MANY || status == UNAVAILABLE) {
            return "overloaded";
        }
        return status < SERVERS_OWN ? "validation" : "generation";
    }
}
