package dev.tramontane.api;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Receives a JSON body within its limits of type, encoding, length and total time. On the request's event loop, in the
 * call in which the request arrived.
 */
public final class BodyReader {
    private final Vertx vertx;
    private final TransportLimits limits;

    public BodyReader(Vertx vertx, TransportLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    /**
     * The whole body; fails with {@link ApiException}. What it may come to is taken from the memory before any of it is
     * read, as far as the head tells; of a chunked one with every piece.
     */
    public Future<Buffer> read(HttpServerRequest request, RequestMemory.Lease memory) {
        ApiException refused = refusal(request);
        int length = refused == null ? declared(request) : 0;
        long needed = RequestMemory.ofBody(Math.max(0, length));
        if (refused == null && !memory.grow(needed)) {
            refused = memory.refusal(needed);
        }
        if (refused != null) {
            return Future.failedFuture(refused);
        }
        if (request.getHeader("Expect") != null) {
            request.response().writeContinue();
        }
        Promise<Buffer> promise = Promise.promise();
        Buffer body = Buffer.buffer(Math.max(0, length));
        long timer = vertx.setTimer(
                limits.bodyTime().toMillis(),
                late -> promise.tryFail(ApiException.invalid(
                        408,
                        "The body did not arrive within " + limits.bodyTime().toSeconds() + " seconds",
                        "request_timeout")));
        request.exceptionHandler(broken -> promise.tryFail(
                broken instanceof HttpClosedException
                        ? ApiException.invalid(400, "The connection closed before the body was complete", null)
                        : ApiException.invalid(400, "The body's framing is malformed", "malformed_body")));
        request.handler(chunk -> {
            try {
                if (promise.future().isComplete()) {
                    return; // Refused: read on only so that the client gets to see that.
                }
                if (body.length() + chunk.length() > limits.bodyBytes()) {
                    promise.tryFail(tooLarge());
                } else if (length < 0 && !memory.grow(RequestMemory.ofMore(chunk.length()))) {
                    promise.tryFail(memory.refusal(RequestMemory.ofMore(chunk.length())));
                } else {
                    body.appendBuffer(chunk);
                }
            } catch (Throwable fault) {
                promise.tryFail(fault);
            }
        });
        request.endHandler(ended -> promise.tryComplete(body));
        return promise.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    /** Ollama's documents show commands without a type, for which curl names one. A browser, which tells an origin, has to ask before. */
    private static boolean isCurlsToOllama(HttpServerRequest request, String media) {
        boolean unsaid = media.isEmpty() || media.equals("application/x-www-form-urlencoded");
        return unsaid
                && request.getHeader("Origin") == null
                && ErrorShape.of(request.method(), request.path()) == ErrorShape.OLLAMA;
    }

    private @Nullable ApiException refusal(HttpServerRequest request) {
        String type = request.getHeader("Content-Type");
        String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!media.equals("application/json") && !isCurlsToOllama(request, media)) {
            return ApiException.invalid(
                    415, "Send the header Content-Type: application/json", "unsupported_content_type");
        }
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            return ApiException.invalid(415, "Compressed bodies are not accepted", "unsupported_content_encoding");
        }
        String expect = request.getHeader("Expect");
        if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
            return ApiException.invalid(417, "The only expectation met is 100-continue", "expectation_failed");
        }
        String length = request.getHeader("Content-Length");
        // Netty has checked that it is a number.
        return length != null && Long.parseLong(length) > limits.bodyBytes() ? tooLarge() : null;
    }

    /** Bytes that the head promises, or -1. */
    private static int declared(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        return length == null ? -1 : Integer.parseInt(length);
    }

    private ApiException tooLarge() {
        return ApiException.invalid(
                413, "The body is larger than " + limits.bodyBytes() + " bytes", "request_too_large");
    }
}
