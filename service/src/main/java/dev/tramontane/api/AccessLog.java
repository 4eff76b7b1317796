package dev.tramontane.api;

import dev.tramontane.json.Printable;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line per request on the logger {@code access}, which is off unless the operator turns it on: what was asked, how it
 * ended, what it took. Names and numbers only; whatever a client chose is cut short and made visible, so that nobody
 * writes lines of his own. On event loops.
 */
public final class AccessLog {
    private static final Logger LOG = LoggerFactory.getLogger("access");

    /** Key of a failure's code in a {@link RoutingContext}. */
    private static final String FAILURE = "tramontane.failure";

    /** Key of the mark that a request has its line. */
    private static final String WRITTEN = "tramontane.logged";

    private static final int SHOWN_PATH = 200;

    private AccessLog() {}

    /** Remembers what the request was refused for, or failed of. */
    static void failed(RoutingContext context, ApiException failure) {
        context.put(FAILURE, word(failure));
    }

    /**
     * A routed request is over, however it ended.
     *
     * @param route as for {@link HttpObserver#requestEnded}
     * @param status likewise
     */
    static void ended(RoutingContext context, String route, int status) {
        if (!LOG.isInfoEnabled() || context.get(WRITTEN) != null) {
            return;
        }
        HttpServerRequest request = context.request();
        @Nullable String failure = failure(context);
        boolean whole = context.response().ended();
        LoggingEventBuilder line = line(request, RequestTrace.idOf(context), status)
                .addKeyValue("route", route)
                .addKeyValue("end", !whole ? "disconnected" : failure == null ? "complete" : "failed");
        line = withKey(line, context);
        if (failure != null) {
            line = line.addKeyValue("error", failure);
        }
        counted(line, Tally.of(context))
                .addKeyValue("bytes", context.response().bytesWritten())
                .log();
    }

    /** A request became a socket, whose responses have lines of their own. */
    public static void upgraded(RoutingContext context) {
        if (LOG.isInfoEnabled()) {
            context.put(WRITTEN, true);
            LoggingEventBuilder line =
                    line(context.request(), RequestTrace.idOf(context), 101).addKeyValue("end", "upgraded");
            withKey(line, context).log();
        }
    }

    /** Whose key it was: its name, which is the operator's. */
    private static LoggingEventBuilder withKey(LoggingEventBuilder line, RoutingContext context) {
        String name = Caller.of(context).name();
        return name.isEmpty() ? line : line.addKeyValue("key", name);
    }

    /** A request that no route saw: its head was wrong. */
    static void refused(HttpServerRequest request, RequestTrace trace, ApiException failure) {
        if (LOG.isInfoEnabled()) {
            line(request, trace.id(), failure.status())
                    .addKeyValue("end", "failed")
                    .addKeyValue("error", word(failure))
                    .log();
        }
    }

    /**
     * A response over a socket is over.
     *
     * @param socket the id of the request that opened the socket
     * @param trace the socket's, or the response's own
     * @param response its own id; empty for a message that did not become a response
     * @param end completed, incomplete, cancelled, failed, refused or disconnected
     * @param failure why, or null
     */
    public static void response(
            String socket,
            RequestTrace trace,
            String path,
            String response,
            String end,
            @Nullable ApiException failure,
            Tally tally) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        LoggingEventBuilder line = LOG.atInfo()
                .setMessage("SOCKET " + path + " " + (failure == null ? 200 : failure.status()))
                .addKeyValue("id", socket)
                .addKeyValue("trace", trace.id());
        if (!response.isEmpty()) {
            line = line.addKeyValue("response", response);
        }
        line = line.addKeyValue("end", end);
        if (failure != null) {
            line = line.addKeyValue("error", word(failure));
        }
        counted(line, tally).log();
    }

    private static LoggingEventBuilder line(HttpServerRequest request, String trace, int status) {
        String path = Printable.of(Objects.requireNonNullElse(request.path(), "-"), SHOWN_PATH);
        return LOG.atInfo()
                .setMessage(
                        Printable.of(request.method().name(), SHOWN_PATH) + " " + path.replace(' ', '+') + " " + status)
                .addKeyValue("client", String.valueOf(request.remoteAddress()))
                .addKeyValue("id", request.response().headers().get(RequestIds.HEADER))
                .addKeyValue("trace", trace);
    }

    private static LoggingEventBuilder counted(LoggingEventBuilder line, Tally tally) {
        LoggingEventBuilder counted = line;
        if (tally.promptTokens() > 0) {
            counted = counted.addKeyValue("prompt_tokens", tally.promptTokens())
                    .addKeyValue("completion_tokens", tally.answerTokens());
        }
        if (tally.firstNanos() >= 0) {
            counted = counted.addKeyValue("first_ms", TimeUnit.NANOSECONDS.toMillis(tally.firstNanos()));
        }
        return counted.addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(tally.nanos()));
    }

    /** What the request failed of, in a word, or null. */
    static @Nullable String failure(RoutingContext context) {
        return context.get(FAILURE);
    }

    /** A failure in a word. */
    public static String word(ApiException failure) {
        return failure.code() == null ? failure.type() : failure.code();
    }
}
