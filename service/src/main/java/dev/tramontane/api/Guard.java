package dev.tramontane.api;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What every request passes first: its method must fit its body and its page be allowed. Event loops. */
final class Guard implements Handler<RoutingContext> {
    /** Key of the observer in a {@link RoutingContext}. */
    static final String OBSERVER = "tramontane.observer";

    private static final int CLIENT_GONE = 499;

    /** Ollama's clients name the model that they want deleted in the body of a DELETE. */
    private static final String NAMED_IN_BODY = "/api/delete";

    private final Origins origins;
    private final Instance instance;
    private final HttpObserver observer;
    private final Traces traces;
    private final Predicate<String> probes;

    /**
     * @param instance named by every answer
     * @param probes paths that are asked many times a second, which no trace tells of
     */
    Guard(Origins origins, Instance instance, HttpObserver observer, Traces traces, Predicate<String> probes) {
        this.origins = origins;
        this.instance = instance;
        this.observer = observer;
        this.traces = traces;
        this.probes = probes;
    }

    @Override
    public void handle(RoutingContext context) {
        context.put(OBSERVER, observer);
        HttpServerRequest request = context.request();
        RequestTrace trace = traces.begin(request);
        trace.put(context);
        observe(context, trace);
        HttpServerResponse response = context.response();
        response.putHeader(RequestIds.HEADER, RequestIds.of(request));
        if (instance.isMarked()) {
            response.putHeader(Instance.HEADER, instance.mark());
        }
        ApiException refused = refusal(request);
        if (refused != null) {
            Replies.fail(context, refused);
            return;
        }
        String origin = request.getHeader("Origin");
        if (origin != null && origins.isForeign(origin, request.getHeader("Host"))) {
            response.putHeader("Access-Control-Allow-Origin", origin).putHeader("Vary", "Origin");
            response.putHeader("Access-Control-Expose-Headers", "*"); // No credentials are involved.
            if (request.method().equals(HttpMethod.OPTIONS)
                    && request.getHeader("Access-Control-Request-Method") != null) {
                // Client libraries add headers of their own (X-Stainless-...), which do nothing here.
                String headers = request.getHeader("Access-Control-Request-Headers");
                response.putHeader("Access-Control-Allow-Methods", "GET, POST, DELETE")
                        .putHeader("Access-Control-Allow-Headers", headers == null ? "Content-Type" : headers)
                        .putHeader("Access-Control-Max-Age", "600")
                        .setStatusCode(204)
                        .end();
                return;
            }
        }
        context.next();
    }

    private @Nullable ApiException refusal(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.POST)
                && !NAMED_IN_BODY.equals(request.path())
                && Replies.hasBody(request)) {
            return ApiException.invalid(400, request.method() + " takes no body", "unexpected_body");
        }
        if (!origins.allow(request.getHeader("Origin"), request.getHeader("Host"))) {
            return ApiException.invalid(
                    403,
                    "Pages from this origin may not use the service; its operator can allow it with --allowed-origins",
                    "origin_not_allowed");
        }
        return null;
    }

    private void observe(RoutingContext context, RequestTrace trace) {
        Tally tally = Tally.of(context);
        context.addEndHandler(ended -> {
            String label = context.get(Endpoints.LABEL);
            String route = label == null ? "unmatched" : label;
            boolean answered = context.response().headWritten();
            int status = answered ? context.response().getStatusCode() : CLIENT_GONE;
            observer.requestEnded(route, context.request().method().name(), status, tally.nanos());
            AccessLog.ended(context, route, status);
            if (!probes.test(route)) {
                String id = RequestTrace.idOfRequest(context);
                @Nullable String failure = AccessLog.failure(context);
                @Nullable String error = failure == null && !context.response().ended() ? "disconnected" : failure;
                trace.ended(id, context.request().method().name(), route, status, error, tally);
            }
        });
    }
}
