package dev.tramontane.api.ws;

import dev.tramontane.api.AccessLog;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.ConnectionCut;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestIds;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.responses.ResponseServices;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns {@code GET /v1/responses} into a socket. Whether the page may is decided before, by the service's guard. */
public final class ResponsesRoute implements ApiRoutes {
    static final String PATH = "/v1/responses";

    private static final Logger LOG = LoggerFactory.getLogger(ResponsesRoute.class);

    private final ResponseServices services;

    public ResponsesRoute(ResponseServices services) {
        this.services = services;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get(PATH, this::upgrade);
    }

    private void upgrade(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        ApiException refused = Handshake.refusal(request);
        if (refused != null) {
            if (refused.status() == 426) {
                routing.response()
                        .putHeader(HttpHeaders.UPGRADE, "websocket")
                        .putHeader(HttpHeaders.CONNECTION, "Upgrade")
                        .putHeader("Sec-WebSocket-Version", Handshake.VERSION);
            }
            Replies.fail(routing, refused);
            return;
        }
        ChannelPipeline pipeline = ((HttpServerConnection) request.connection())
                .channelHandlerContext()
                .pipeline();
        String id = Objects.requireNonNull(
                routing.response().headers().get(RequestIds.HEADER), "the guard gives each request an id");
        RequestTrace trace = RequestTrace.of(routing);
        Runnable cut = () -> ConnectionCut.of(pipeline.channel());
        request.toWebSocket()
                .onSuccess(socket -> {
                    AccessLog.upgraded(routing);
                    trace.upgraded(routing, PATH);
                    if (!socket.isClosed()) {
                        ResponsesSocket opened = ResponsesSocket.open(
                                services,
                                services.vertx().getOrCreateContext(),
                                socket,
                                id,
                                trace,
                                Caller.of(routing),
                                cut);
                        pipeline.addBefore("handler", "shutdown", new ShutdownNotice(opened::leave));
                    }
                })
                .onFailure(failed -> LOG.debug("An upgrade from {} failed", request.remoteAddress(), failed));
    }
}
