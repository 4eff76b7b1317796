package dev.tramontane.loadtest.client;

import io.vertx.core.Vertx;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Readers whose connection ended and who go on where they were, or try to. On an event loop. */
final class GoingOn {
    /** So that a server which ends each connection at once is not asked in a tight circle. */
    private static final long PAUSE_MILLIS = 20;

    private static final long MOST_SECONDS = 60;

    private final Vertx vertx;
    private final Consumer<Exchange> resume;

    /** @param resume asks for the rest of an answer over a new connection */
    GoingOn(Vertx vertx, Consumer<Exchange> resume) {
        this.vertx = vertx;
        this.resume = resume;
    }

    /** Its reader has cut the connection on purpose. */
    void cut(Exchange exchange) {
        exchange.cut();
        resume.accept(exchange);
    }

    /** The connection ended by somebody else's doing. */
    void broken(Exchange exchange, String why) {
        if (!exchange.canGoOn()) {
            exchange.failed(why);
        } else if (exchange.isAway()) {
            refused(exchange, 0, null, why);
        } else {
            exchange.broken();
            after(PAUSE_MILLIS, exchange);
        }
    }

    /** The server sends the rest elsewhere: it shuts down. */
    void moved(Exchange exchange) {
        if (exchange.canGoOn()) {
            exchange.broken();
            after(PAUSE_MILLIS, exchange);
        } else {
            exchange.failed("the server shut down before the answer's end");
        }
    }

    /**
     * It was refused.
     *
     * @param status of HTTP's; 0 without a connection
     * @param retryAfter as the server says it
     */
    void refused(Exchange exchange, int status, @Nullable String retryAfter, String why) {
        OptionalLong wait = exchange.canGoOn() && exchange.isAway()
                ? exchange.goOnAfter(status, seconds(retryAfter))
                : OptionalLong.empty();
        if (wait.isPresent()) {
            after(wait.getAsLong(), exchange);
        } else if (status == 0) {
            exchange.failed(why);
        } else {
            exchange.refused(status, why);
        }
    }

    private void after(long millis, Exchange exchange) {
        vertx.setTimer(millis, due -> {
            if (!exchange.over()) {
                resume.accept(exchange);
            }
        });
    }

    private static long seconds(@Nullable String retryAfter) {
        return retryAfter != null && retryAfter.matches("\\d{1,9}")
                ? Math.min(MOST_SECONDS, Long.parseLong(retryAfter))
                : 0;
    }
}
