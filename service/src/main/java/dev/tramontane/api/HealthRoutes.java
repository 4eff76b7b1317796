package dev.tramontane.api;

import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/**
 * {@code /livez}, {@code /startupz} and {@code /readyz}: 200 when well, else 503 with the reason. {@code /health} is
 * readiness in the words of llama.cpp's server, whose clients read its body and wait while it says that the model
 * loads; those of vLLM's look at the status only. {@code /ping} is the same for SageMaker, which asks by both methods.
 */
public final class HealthRoutes implements ApiRoutes {
    private static final int UNAVAILABLE = 503;

    private final Health health;

    public HealthRoutes(Health health) {
        this.health = health;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.probe("/livez", context -> answer(context, health::live));
        endpoints.probe("/startupz", context -> answer(context, health::started));
        endpoints.probe("/readyz", context -> answer(context, health::ready));
        endpoints.probe("/health", this::answerAsLlamaCpp);
        endpoints.probe("/v1/health", this::answerAsLlamaCpp);
        endpoints.probe("/ping", this::answerAsLlamaCpp);
        endpoints.post("/ping", this::answerAsLlamaCpp);
        endpoints.withoutKey("/livez", "/startupz", "/readyz", "/health", "/v1/health", "/ping");
        endpoints.postWithoutKey("/ping");
    }

    private void answerAsLlamaCpp(RoutingContext context) {
        Health.Answer answer = health.ready();
        String why = health.started().well() ? answer.detail() : "Loading model";
        byte[] body = JsonWriter.bytes(json -> {
            json.writeStartObject();
            if (answer.well()) {
                json.writeStringProperty("status", "ok");
            } else {
                json.writeName("error").writeStartObject();
                json.writeNumberProperty("code", UNAVAILABLE);
                json.writeStringProperty("message", why);
                json.writeStringProperty("type", "unavailable_error");
                json.writeEndObject();
            }
            json.writeEndObject();
        });
        Replies.json(context, answer.well() ? 200 : UNAVAILABLE, Buffer.buffer(body));
    }

    private static void answer(RoutingContext context, Supplier<Health.Answer> question) {
        Health.Answer answer = question.get();
        byte[] body = JsonWriter.bytes(json -> json.writeStartObject()
                .writeStringProperty("status", answer.well() ? "ok" : "unavailable")
                .writeStringProperty("detail", answer.detail())
                .writeEndObject());
        Replies.json(context, answer.well() ? 200 : UNAVAILABLE, Buffer.buffer(body));
    }
}
