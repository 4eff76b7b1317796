package dev.tramontane.loadtest.client;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.PemTrustOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Connections to a server: as many as are asked for, and of slow readers such as hold little that was not read. */
public final class Clients {
    private static final int CONNECT_MILLIS = (int) Duration.ofSeconds(30).toMillis();
    private static final int LONGEST_MESSAGE = 4 << 20;
    private static final int SMALL_BUFFER = 4096;
    private static final int ALL = 1 << 20;

    private final Vertx vertx;
    private final String trust;

    /** @param trust a PEM file of authorities to believe, in place of the JDK's; empty for those */
    public Clients(Vertx vertx, String trust) {
        this.vertx = vertx;
        this.trust = trust;
    }

    HttpClientAgent http(boolean slow) {
        return http(new HttpClientOptions().setKeepAliveTimeout(0), slow);
    }

    /** A connection of its own for each request, so that a router decides anew where it goes. */
    HttpClientAgent freshHttp() {
        return http(new HttpClientOptions().setKeepAlive(false), false);
    }

    private HttpClientAgent http(HttpClientOptions options, boolean slow) {
        prepare(options, slow);
        return vertx.httpClientBuilder()
                .with(options)
                .with(new PoolOptions().setHttp1MaxSize(ALL))
                .build();
    }

    WebSocketClient sockets(boolean slow) {
        WebSocketClientOptions options = new WebSocketClientOptions()
                .setMaxConnections(ALL)
                .setMaxFrameSize(LONGEST_MESSAGE)
                .setMaxMessageSize(LONGEST_MESSAGE);
        prepare(options, slow);
        return vertx.createWebSocketClient(options);
    }

    private void prepare(ClientOptionsBase options, boolean slow) {
        options.setConnectTimeout(CONNECT_MILLIS);
        if (slow) {
            options.setReceiveBufferSize(SMALL_BUFFER);
        }
        if (!trust.isEmpty()) {
            options.setTrustOptions(new PemTrustOptions().addCertPath(trust));
        }
    }

    /**
     * One sender; called once for each event loop.
     *
     * @param slowRate events a second that a slow reader reads
     */
    public Sender sender(Target target, double slowRate) {
        long pause = Math.max(1, Math.round(1000 / slowRate));
        return target.api() == Api.RESPONSES
                ? new SocketSender(target, vertx, this, pause)
                : new SseSender(target, vertx, this, pause);
    }

    /** The id of the first model that the server lists. */
    public Future<String> firstModel(String url, String key) {
        HttpClientAgent client = http(false);
        return client.request(Requests.of(HttpMethod.GET, url + "/v1/models", key))
                // Within the client's own turn: a body that nobody has asked for yet when it comes is lost.
                .compose(request -> request.send()
                        .compose(response ->
                                response.body().map(body -> Models.first(url, response.statusCode(), body))))
                // Vert.x closes a client that nobody can reach any more, whatever it does at the time: this one is in
                // reach.
                .eventually(client::close);
    }

    /** For the error of a server that says nothing one can read. */
    static String shown(@Nullable Buffer body) {
        String text = body == null ? "" : body.toString().strip().replaceAll("\\s+", " ");
        return text.length() <= 300 ? text : text.substring(0, 300) + "...";
    }
}
