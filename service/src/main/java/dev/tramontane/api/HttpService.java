package dev.tramontane.api;

import dev.tramontane.api.StrictDecoder.FoldedHeaderException;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening service. Start and stop from any thread; the futures complete on an event loop. */
public final class HttpService {
    private static final Logger LOG = LoggerFactory.getLogger(HttpService.class);

    /** How long a client may take to answer a WebSocket's close before the connection is cut. */
    private static final int CLOSING_SECONDS = 2;

    /** Of WebSockets: ours, and the word by which OpenAI's browser clients ask. One that shows a key is never chosen. */
    private static final List<String> SUBPROTOCOLS = List.of("responses", "realtime");

    private final Vertx vertx;
    private final ApiConfig config;
    private final Router router;
    private final Endpoints endpoints;
    private final HeadRules heads;
    private final HttpObserver observer;
    private final Traces traces;
    private final OpenConnections connections;
    private @Nullable ServerSSLOptions tls;
    private final Queue<HttpServer> servers = new ConcurrentLinkedQueue<>();

    /** Without keys, and tells nobody of traces. */
    public HttpService(Vertx vertx, ApiConfig config, List<? extends ApiRoutes> routes, HttpObserver observer) {
        this(vertx, config, routes, observer, Doorkeeper.OPEN);
    }

    /** Tells nobody of traces. */
    public HttpService(
            Vertx vertx,
            ApiConfig config,
            List<? extends ApiRoutes> routes,
            HttpObserver observer,
            Doorkeeper doorkeeper) {
        this(vertx, config, routes, observer, doorkeeper, TraceSink.NONE);
    }

    public HttpService(
            Vertx vertx,
            ApiConfig config,
            List<? extends ApiRoutes> routes,
            HttpObserver observer,
            Doorkeeper doorkeeper,
            TraceSink traceSink) {
        this(vertx, config, routes, observer, doorkeeper, traceSink, new OpenConnections(config.transport(), observer));
    }

    private HttpService(
            Vertx vertx,
            ApiConfig config,
            List<? extends ApiRoutes> routes,
            HttpObserver observer,
            Doorkeeper doorkeeper,
            TraceSink traceSink,
            OpenConnections connections) {
        this.connections = connections;
        traces = new Traces(traceSink);
        this.vertx = vertx;
        this.config = config;
        this.observer = observer;
        heads = new HeadRules(new Hosts(config.allowed().hosts(), config.host()));
        router = Router.router(vertx);
        router.route()
                .handler(new Guard(
                        new Origins(config.allowed().origins()), config.instance(), observer, traces, this::isProbe));
        router.route().failureHandler(context -> {
            Throwable failure = context.failure();
            Replies.fail(
                    context,
                    failure != null
                            ? failure
                            : ApiException.invalid(
                                    Math.max(400, context.statusCode()), "The request is malformed", "bad_request"));
        });
        // The router refuses undecodable paths before any route sees them.
        router.errorHandler(
                400, context -> Replies.fail(context, ApiException.invalid(400, "The path is malformed", "bad_path")));
        endpoints = new Endpoints(router, doorkeeper);
        for (ApiRoutes group : routes) {
            group.mount(endpoints);
        }
        endpoints.seal();
    }

    /** One more, at another address: both have no more connections than this one alone. */
    public HttpService beside(
            ApiConfig other, List<? extends ApiRoutes> routes, Doorkeeper doorkeeper, TraceSink traceSink) {
        return new HttpService(vertx, other, routes, observer, doorkeeper, traceSink, connections);
    }

    private boolean isProbe(String path) {
        return endpoints.isProbe(path);
    }

    /** Speaks TLS. Before the start. */
    public void secure(ServerSSLOptions with) {
        tls = with;
    }

    /** Speaks TLS with these from the next connection on; those that there are stay as they are. */
    public Future<Void> renew(ServerSSLOptions with) {
        return Future.join(servers.stream()
                        .map(server -> server.updateSSLOptions(with, true))
                        .toList())
                .mapEmpty();
    }

    /** Binds; the future has the port. */
    public Future<Integer> start() {
        int port = config.port() == 0 && config.eventLoops() > 1 ? freePort() : config.port();
        DeploymentOptions perLoop = new DeploymentOptions().setInstances(config.eventLoops());
        return vertx.deployVerticle(() -> new Loop(options().setPort(port)), perLoop)
                .map(deployed -> port());
    }

    /** Event loops can share a port only when it is known before. Another process may be quicker; then start fails. */
    private int freePort() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(config.host()))) {
            return probe.getLocalPort();
        } catch (IOException refused) {
            throw new UncheckedIOException("no port of " + config.host() + " can be bound", refused);
        }
    }

    /** The port in use, once started. */
    public int port() {
        HttpServer server = servers.peek();
        if (server == null) {
            throw new IllegalStateException("the service has not been started");
        }
        return server.actualPort();
    }

    /**
     * From now on every answer is its connection's last and says so ({@code Connection: close}), so that clients and
     * proxies who keep connections ask elsewhere. Any thread.
     */
    public void leave() {
        connections.leave();
    }

    /** Stops accepting at once; answers under way have {@code grace} to end before their connections are closed. */
    public Future<Void> stop(Duration grace) {
        List<Future<Void>> stopping = servers.stream()
                .map(server -> server.shutdown(grace.toMillis(), TimeUnit.MILLISECONDS))
                .toList();
        // What has not ended by then may have a reader who takes nothing.
        long timer = vertx.setTimer(Math.max(1, grace.toMillis()), late -> connections.abortAll());
        return Future.join(stopping).<Void>mapEmpty().onComplete(stopped -> vertx.cancelTimer(timer));
    }

    /** One event loop's share of the listening. */
    private final class Loop extends VerticleBase {
        private final HttpServerOptions options;

        Loop(HttpServerOptions options) {
            this.options = options;
        }

        @Override
        public Future<?> start() {
            HttpServer server = vertx.createHttpServer(new HttpServerConfig(options), tls)
                    .connectionHandler(HttpService.this::opened)
                    .invalidRequestHandler(HttpService.this::malformed)
                    .exceptionHandler(broken -> LOG.debug("A connection failed", broken))
                    .requestHandler(HttpService.this::handle);
            return server.listen().onSuccess(servers::add);
        }
    }

    private HttpServerOptions options() {
        TransportLimits limits = config.transport();
        HttpServerOptions options = new HttpServerOptions()
                .setHost(config.host())
                .setHandle100ContinueAutomatically(false) // A body that will be refused is not asked for.
                .setHttp2ClearTextEnabled(false)
                .setCompressionSupported(false)
                .setDecompressionSupported(false)
                // A compressed frame is checked for length only after it has been inflated.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setMaxWebSocketFrameSize(config.sockets().messageBytes())
                // A browser that shows its key as a subprotocol wants another one chosen.
                .setWebSocketSubProtocols(SUBPROTOCOLS)
                .setWebSocketClosingTimeout(CLOSING_SECONDS)
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true);
        if (limits.sendBufferBytes() > 0) {
            options.setSendBufferSize(limits.sendBufferBytes());
        }
        return options;
    }

    private void opened(HttpConnection connection) {
        Channel channel =
                ((HttpServerConnection) connection).channelHandlerContext().channel();
        try {
            connections.opened(channel);
        } catch (RuntimeException | Error broken) {
            OpenConnection.abort(channel); // Nobody else would, and its client would wait for ever.
            throw broken;
        }
    }

    private void handle(HttpServerRequest request) {
        ApiException wrong = heads.refusal(request);
        if (wrong != null) {
            observer.refused(wrong.reason());
            refuse(request, wrong, shape(request));
        } else if (!OpenConnection.of(request.connection()).isReserved()) {
            router.handle(request);
        } else if (endpoints.isProbe(String.valueOf(request.path()))) {
            request.response().putHeader("Connection", "close");
            router.handle(request);
        } else {
            refuse(request, connections.refused(), shape(request));
        }
    }

    /** A head that cannot be parsed: there is no request to route. */
    private void malformed(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        ApiException error = cause instanceof TooLongHttpLineException
                ? ApiException.invalid(414, "The request line is too long", "uri_too_long")
                : cause instanceof TooLongHttpHeaderException
                        ? ApiException.invalid(431, "The headers are too large", "headers_too_large")
                        : cause instanceof FoldedHeaderException
                                ? ApiException.invalid(400, "A header is folded over several lines", "bad_request")
                                : ApiException.invalid(400, "The request is malformed", "bad_request");
        observer.refused(error.reason());
        refuse(request, error, ErrorShape.OPENAI);
    }

    private static ErrorShape shape(HttpServerRequest request) {
        return ErrorShape.of(request.method(), request.path());
    }

    private void refuse(HttpServerRequest request, ApiException error, ErrorShape shape) {
        request.response().putHeader(RequestIds.HEADER, RequestIds.of(request));
        if (config.instance().isMarked()) {
            request.response().putHeader(Instance.HEADER, config.instance().mark());
        }
        AccessLog.refused(request, traces.begin(request), error);
        if (error.retryAfterSeconds() > 0) {
            request.response().putHeader("Retry-After", Integer.toString(error.retryAfterSeconds()));
        }
        request.response()
                .setStatusCode(error.status())
                .putHeader("Content-Type", "application/json; charset=utf-8")
                .putHeader("Connection", "close")
                .end(shape.json(error))
                .onComplete(sent -> request.connection().close());
    }
}
