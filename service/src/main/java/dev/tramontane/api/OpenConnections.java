package dev.tramontane.api;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The service's connections. Closes those that wait too long for a whole request head, however it trickles in. A
 * connection with a request under way is never idle: an answer in one piece may take long and cannot send heartbeats.
 * Called on event loops, except where said.
 */
final class OpenConnections {
    private final Vertx vertx;
    private final int most;
    private final long idleMillis;
    private final Set<HttpConnection> open = ConcurrentHashMap.newKeySet();

    /** Timer of each connection that waits. */
    private final Map<HttpConnection, Long> timers = new ConcurrentHashMap<>();

    OpenConnections(Vertx vertx, TransportLimits limits) {
        this.vertx = vertx;
        most = limits.connections();
        idleMillis = limits.idleTime().toMillis();
    }

    /** Takes a new connection in; false when there are too many. Event loops may overshoot by one each. */
    boolean add(HttpConnection connection) {
        if (open.size() >= most) {
            return false;
        }
        open.add(connection);
        idle(connection);
        return true;
    }

    void remove(HttpConnection connection) {
        open.remove(connection);
        busy(connection);
    }

    /** The connection waits for a request from now on. */
    void idle(HttpConnection connection) {
        busy(connection);
        if (open.contains(connection)) {
            timers.put(connection, vertx.setTimer(idleMillis, late -> {
                timers.remove(connection);
                connection.close();
            }));
        }
    }

    /** The connection has a request. */
    void busy(HttpConnection connection) {
        Long timer = timers.remove(connection);
        if (timer != null) {
            vertx.cancelTimer(timer);
        }
    }

    /** Closes all that are left. Any thread. */
    void abortAll() {
        open.forEach(OpenConnections::abort);
    }

    /** Closes at once. {@link HttpConnection#close} first writes what is queued, for ever if nobody reads. Any thread. */
    static void abort(HttpConnection connection) {
        if (connection instanceof HttpServerConnection server) {
            // From Vert.x's handler outwards: the channel's own close would pass it and wait for the queue again.
            var _ = server.channelHandlerContext().close();
        } else {
            connection.close();
        }
    }
}
