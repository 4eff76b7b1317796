package dev.tramontane.app;

import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.metrics.MetricsText;
import io.vertx.core.buffer.Buffer;

/** {@code GET /metrics} in Prometheus' text format. */
final class MetricsRoutes implements ApiRoutes {
    private final MetricsText metrics;

    MetricsRoutes(MetricsText metrics) {
        this.metrics = metrics;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get(
                "/metrics",
                context -> context.vertx()
                        .executeBlocking(metrics::render, false)
                        .onSuccess(text -> context.response()
                                .putHeader("Content-Type", metrics.contentType())
                                .end(Buffer.buffer(text)))
                        .onFailure(context::fail));
    }
}
