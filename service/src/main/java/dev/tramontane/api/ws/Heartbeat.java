package dev.tramontane.api.ws;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;

/** Asks a client by pings whether it is there, and closes the socket of one that is not. Event loop only. */
final class Heartbeat {
    private final Vertx vertx;
    private final ServerWebSocket socket;
    private final Connection connection;
    private final Duration silence;
    private final long timer;
    private boolean unanswered;
    private long sentNanos;

    /**
     * Begins at once.
     *
     * @param interval between pings
     * @param silence how long one may stay unanswered
     */
    Heartbeat(Vertx vertx, ServerWebSocket socket, Connection connection, Duration interval, Duration silence) {
        this.vertx = vertx;
        this.socket = socket;
        this.connection = connection;
        this.silence = silence;
        timer = vertx.setPeriodic(interval.toMillis(), ignored -> beat());
    }

    /** Whoever sends is there. */
    void heard() {
        unanswered = false;
    }

    private void beat() {
        long now = System.nanoTime();
        if (!unanswered) {
            unanswered = true;
            sentNanos = now;
            socket.writePing(Buffer.buffer());
        } else if (now - sentNanos >= silence.toNanos()) {
            connection.close(CloseCode.POLICY, "no answer to a ping for " + silence.toSeconds() + " s");
        }
    }

    void stop() {
        vertx.cancelTimer(timer);
    }
}
