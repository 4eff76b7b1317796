package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.SocketLimits;
import io.vertx.core.Vertx;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a socket lives: until its time is up or the server shuts down, and then until what is under way has ended.
 * Event loop only.
 */
final class SocketLife {
    private static final String OLD = "the socket has been open as long as one may";

    private final SocketLimits limits;
    private final Connection connection;
    private final BooleanSupplier idle;
    private final Deadline life;
    private final Deadline farewell;

    /** Why no more requests are taken, or null. */
    private @Nullable ApiException leaving;

    /** @param idle whether no answer is under way and no request waits */
    SocketLife(Vertx vertx, SocketLimits limits, Connection connection, BooleanSupplier idle) {
        this.limits = limits;
        this.connection = connection;
        this.idle = idle;
        life = new Deadline(vertx, limits.life(), this::lifeEnds);
        farewell = new Deadline(vertx, limits.farewell(), () -> connection.close(CloseCode.GOING_AWAY, OLD));
    }

    void start() {
        life.start();
    }

    /** @throws ApiException when no more requests are taken */
    void takeRequest() {
        if (leaving != null) {
            throw leaving;
        }
    }

    /** The server shuts down. Answers under way may end before the socket closes. */
    void leave() {
        leaving = ApiException.unavailable("the server is shutting down", 0); // For how long is not known.
        leaveWhenIdle();
    }

    private void lifeEnds() {
        if (leaving == null) {
            String why = "this socket has been open for " + limits.life().toSeconds()
                    + " s, as long as one may; open another and go on there";
            leaving = ApiException.invalid(400, why, "websocket_connection_limit_reached");
            connection.refuse(StreamId.DEFAULT, leaving);
            farewell.start();
            leaveWhenIdle();
        }
    }

    /** To be called when something that was under way has ended. */
    void leaveWhenIdle() {
        if (leaving != null && idle.getAsBoolean()) {
            connection.close(CloseCode.GOING_AWAY, leaving.status() == 503 ? "the server is shutting down" : OLD);
        }
    }

    void stop() {
        life.stop();
        farewell.stop();
    }
}
