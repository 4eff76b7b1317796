package dev.tramontane.api;

import dev.tramontane.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** {@code /livez}, {@code /startupz} and {@code /readyz}: 200 when well, else 503 with the reason. */
public final class HealthRoutes implements ApiRoutes {
    private final Health health;

    public HealthRoutes(Health health) {
        this.health = health;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.probe("/livez", context -> answer(context, health::live));
        endpoints.probe("/startupz", context -> answer(context, health::started));
        endpoints.probe("/readyz", context -> answer(context, health::ready));
    }

    private static void answer(RoutingContext context, Supplier<Health.Answer> question) {
        Health.Answer answer = question.get();
        byte[] body = JsonWriter.bytes(json -> json.writeStartObject()
                .writeStringProperty("status", answer.well() ? "ok" : "unavailable")
                .writeStringProperty("detail", answer.detail())
                .writeEndObject());
        Replies.json(context, answer.well() ? 200 : 503, Buffer.buffer(body));
    }
}
