package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.BodyReader;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Reads bodies that are JSON objects, large ones off the event loop. On the request's event loop. */
public final class JsonBodies {
    /** Bodies up to this many bytes are read on the event loop; the time is well below a millisecond. */
    private static final int SMALL_BODY = 32 << 10;

    /** Names the fields of the request that had no effect. */
    static final String IGNORED = "X-Ignored-Fields";

    private final Vertx vertx;
    private final BodyReader bodies;
    private final boolean ignoreUnknown;

    public JsonBodies(Vertx vertx, ApiConfig config) {
        this.vertx = vertx;
        bodies = new BodyReader(vertx, config.transport());
        ignoreUnknown = config.ignoreUnknown();
    }

    /** What was made of a body, and which of its fields were passed over. */
    private record Parsed<T>(T value, List<String> ignored) {}

    /**
     * What {@code parse} makes of the body; fails with whatever it or the reading throws. Fields that are passed over
     * are named in a header of the response.
     */
    public <T> Future<T> read(HttpServerRequest request, RequestMemory.Lease memory, Function<JsonFields, T> parse) {
        return read(request, memory, (fields, body) -> parse.apply(fields));
    }

    /** The same, where {@code parse} is given the body's bytes, too. */
    public <T> Future<T> read(
            HttpServerRequest request, RequestMemory.Lease memory, BiFunction<JsonFields, byte[], T> parse) {
        return bodies.read(request, memory)
                .compose(body -> {
                    UnknownFields unknown = UnknownFields.of(ignoreUnknown);
                    return run(isSmall(body), () -> {
                        byte[] json = body.getBytes(); // A copy, which takes its time.
                        return new Parsed<>(parse.apply(fields(json, memory, unknown), json), unknown.names());
                    });
                })
                .map(parsed -> told(request, Objects.requireNonNull(parsed)));
    }

    /**
     * The same of what has to be done before.
     *
     * @param before looks at fields and takes none; the body is read when its future comes
     */
    public <T> Future<T> read(
            HttpServerRequest request,
            RequestMemory.Lease memory,
            Function<JsonFields, Future<Void>> before,
            Function<JsonFields, T> parse) {
        return bodies.read(request, memory)
                .compose(body -> {
                    boolean small = isSmall(body);
                    UnknownFields unknown = UnknownFields.of(ignoreUnknown);
                    return run(small, () -> fields(body.getBytes(), memory, unknown))
                            .compose(fields -> before.apply(fields)
                                    .compose(ready ->
                                            run(small, () -> new Parsed<>(parse.apply(fields), unknown.names()))));
                })
                .map(parsed -> told(request, Objects.requireNonNull(parsed))); // Vert.x lets a future hold nothing.
    }

    private static boolean isSmall(Buffer body) {
        return body.length() <= SMALL_BODY;
    }

    /** What was made of a body, once the response's head tells what was passed over. */
    private static <T> T told(HttpServerRequest request, Parsed<T> parsed) {
        if (!parsed.ignored().isEmpty()) {
            request.response().putHeader(IGNORED, String.join(", ", parsed.ignored()));
        }
        return parsed.value();
    }

    private <T> Future<T> run(boolean small, Callable<T> work) {
        if (!small) {
            return vertx.executeBlocking(work, false).map(made -> Objects.requireNonNull(made));
        }
        try {
            return Future.succeededFuture(work.call());
        } catch (Throwable wrong) {
            return Future.failedFuture(wrong);
        }
    }

    private static JsonFields fields(byte[] json, RequestMemory.Lease memory, UnknownFields unknown) {
        memory.take(RequestMemory.ofTree(json));
        return new JsonFields(JsonReader.object(json), unknown);
    }
}
