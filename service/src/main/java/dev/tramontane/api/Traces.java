package dev.tramontane.api;

import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** Gives each request its place in a trace. Any thread. */
final class Traces {
    private final TraceSink sink;

    Traces(TraceSink sink) {
        this.sink = sink;
    }

    /** Reads what the client says and tells it, in the answer's head, which span it is. */
    RequestTrace begin(HttpServerRequest request) {
        TraceContext context = TraceContext.of(request.headers(), sink.share(), random());
        context.tell(request.response());
        return new RequestTrace(context, sink);
    }

    /** Ids are no secrets: they need to be different, not unforeseeable. */
    static RandomGenerator random() {
        return ThreadLocalRandom.current();
    }
}
