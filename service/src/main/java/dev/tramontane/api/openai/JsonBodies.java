package dev.tramontane.api.openai;

import dev.tramontane.api.BodyReader;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Function;

/** Reads bodies that are JSON objects, large ones off the event loop. On the request's event loop. */
final class JsonBodies {
    /** Bodies up to this many bytes are read on the event loop; the time is well below a millisecond. */
    private static final int SMALL_BODY = 32 << 10;

    private final Vertx vertx;
    private final BodyReader bodies;

    JsonBodies(Vertx vertx, TransportLimits limits) {
        this.vertx = vertx;
        bodies = new BodyReader(vertx, limits);
    }

    /** What {@code parse} makes of the body; fails with whatever it or the reading throws. */
    <T> Future<T> read(HttpServerRequest request, Function<JsonFields, T> parse) {
        return bodies.read(request)
                .compose(body -> body.length() <= SMALL_BODY
                        ? Future.succeededFuture(parse(body, parse))
                        : vertx.executeBlocking(() -> parse(body, parse), false));
    }

    private static <T> T parse(Buffer body, Function<JsonFields, T> parse) {
        return parse.apply(new JsonFields(JsonReader.object(body.getBytes())));
    }
}
