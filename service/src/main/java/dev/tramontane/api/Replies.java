package dev.tramontane.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Ends requests. On the request's event loop. */
public final class Replies {
    /** How long a refused upload is still read, so that the client gets to see the answer before the reset. */
    private static final long LINGER_MILLIS = 500;

    private Replies() {}

    public static void json(RoutingContext context, int status, Buffer body) {
        HttpServerResponse response = context.response();
        if (response.closed() || response.ended()) {
            return;
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/json; charset=utf-8")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
        if (unread(context.request())) {
            response.putHeader("Connection", "close");
            response.end(body).onComplete(sent -> lingerThenClose(context));
        } else {
            response.end(body);
        }
    }

    /** A share of the memory that is given back when the request is over, however it ends. */
    public static RequestMemory.Lease lease(RoutingContext context, RequestMemory memory) {
        RequestMemory.Lease lease = memory.lease();
        context.addEndHandler(ended -> lease.release());
        return lease;
    }

    /** Does what a request needs outside of its routes' handlers: whatever is thrown there is told. */
    public static void guarded(RoutingContext context, Runnable work) {
        try {
            work.run();
        } catch (Throwable fault) {
            failOrCut(context, fault);
        }
    }

    /** As {@link #fail}; where even that fails the connection is cut, so that nobody waits for what will not come. */
    static void failOrCut(RoutingContext context, Throwable failure) {
        try {
            fail(context, failure);
        } catch (Throwable again) {
            OpenConnection.abort(context.request().connection());
            throw again;
        }
    }

    /** Tells the client what went wrong; a head that has gone out already is not taken back. */
    public static void fail(RoutingContext context, Throwable failure) {
        ApiException error = ApiException.of(failure, RequestTrace.idOf(context));
        HttpServerResponse response = context.response();
        if (response.closed() || response.ended()) {
            return;
        }
        AccessLog.failed(context, error);
        count(context, error);
        if (response.headWritten()) {
            response.end(shape(context).event(error));
            return;
        }
        if (error.retryAfterSeconds() > 0) {
            response.putHeader("Retry-After", Integer.toString(error.retryAfterSeconds()));
        }
        if (!error.instance().isEmpty()) {
            response.putHeader(Instance.HEADER, error.instance());
        }
        json(context, error.status(), shape(context).json(error));
    }

    private static ErrorShape shape(RoutingContext context) {
        return ErrorShape.of(context.request().method(), context.request().path());
    }

    static void count(RoutingContext context, ApiException error) {
        HttpObserver observer = context.get(Guard.OBSERVER);
        if (observer != null) {
            observer.refused(error.reason());
        }
    }

    /** Whether the client may still be sending a body that nobody will read. */
    private static boolean unread(HttpServerRequest request) {
        return !request.isEnded() && hasBody(request);
    }

    static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        return request.getHeader("Transfer-Encoding") != null || (length != null && !length.equals("0"));
    }

    private static void lingerThenClose(RoutingContext context) {
        HttpServerRequest request = context.request();
        long timer = context.vertx()
                .setTimer(LINGER_MILLIS, expired -> request.connection().close());
        if (request.isEnded()) {
            context.vertx().cancelTimer(timer);
            request.connection().close();
            return;
        }
        request.exceptionHandler(gone -> {});
        request.handler(discarded -> {});
        request.endHandler(ended -> {
            context.vertx().cancelTimer(timer);
            request.connection().close();
        });
        request.resume();
    }
}
