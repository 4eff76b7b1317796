package dev.tramontane.api;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** {@code GET /metrics}. The text is made on a worker: a scrape walks every histogram. */
public final class MetricsRoute implements ApiRoutes {
    private final Vertx vertx;
    private final String contentType;
    private final Supplier<byte[]> text;

    /** @param text the current values, from any thread */
    public MetricsRoute(Vertx vertx, String contentType, Supplier<byte[]> text) {
        this.vertx = vertx;
        this.contentType = contentType;
        this.text = text;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.probe("/metrics", this::scrape);
    }

    private void scrape(RoutingContext context) {
        vertx.executeBlocking(text::get, false)
                .onSuccess(bytes -> {
                    if (!context.response().closed()) {
                        context.response()
                                .putHeader(HttpHeaders.CONTENT_TYPE, contentType)
                                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                                .putHeader("X-Content-Type-Options", "nosniff")
                                .end(Buffer.buffer(bytes));
                    }
                })
                .onFailure(failure -> Replies.fail(context, failure));
    }
}
