package dev.tramontane.api;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** {@code GET /metrics}. The text is made on a worker, unless it was only just made: a scrape walks every histogram. */
public final class MetricsRoute implements ApiRoutes {

    /** The current values as text. Any thread. */
    public interface Text {
        /** The Content-Type of the text. */
        String contentType();

        /** What was made so lately that it may be given once more, or null. Never blocks. */
        default byte @Nullable [] written() {
            return null;
        }

        /** Makes it; may block. */
        byte[] render();
    }

    private final Vertx vertx;
    private final Text text;

    public MetricsRoute(Vertx vertx, Text text) {
        this.vertx = vertx;
        this.text = text;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.probe("/metrics", this::scrape);
    }

    private void scrape(RoutingContext context) {
        byte[] written = text.written();
        if (written != null) {
            send(context, written);
            return;
        }
        vertx.executeBlocking(text::render, false)
                .onSuccess(bytes -> send(context, bytes))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private void send(RoutingContext context, byte[] bytes) {
        if (!context.response().closed()) {
            context.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, text.contentType())
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                    .putHeader("X-Content-Type-Options", "nosniff")
                    .end(Buffer.buffer(bytes));
        }
    }
}
