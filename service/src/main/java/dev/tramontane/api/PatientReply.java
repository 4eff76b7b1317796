package dev.tramontane.api;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * A JSON answer that may take minutes. Idle timeouts, ours and those of proxies, cut silent connections, so once the
 * heartbeat's time has passed since the request was admitted the head goes out and a newline follows at every beat:
 * white space before a JSON text has no meaning (RFC 8259, section 2). Before it is admitted nothing is sent, since a
 * refusal has a status of its own, and an answer that is quicker is an ordinary one. A failure after the head cannot
 * have its own status any more: then the connection is closed, so that no client takes half an answer for a whole one.
 */
public final class PatientReply {
    private static final Logger LOG = LoggerFactory.getLogger(PatientReply.class);
    private static final Buffer BEAT = Buffer.buffer("\n");
    private static final long NONE = -1;

    private final RoutingContext context;
    private final HttpServerResponse response;
    private final Context loop;
    private final long heartbeatMillis;

    /** The event loop's own. */
    private long timer = NONE;

    private boolean over;

    private PatientReply(RoutingContext context, long heartbeatMillis) {
        this.context = context;
        this.heartbeatMillis = heartbeatMillis;
        response = context.response();
        loop = context.vertx().getOrCreateContext();
    }

    /**
     * Sends the body when it is there; a client that leaves cancels it. On the request's event loop.
     *
     * @param body given what it runs, on any thread and any number of times, once the request is admitted
     */
    public static void send(RoutingContext context, Function<Runnable, Mono<byte[]>> body, ApiConfig config) {
        PatientReply reply = new PatientReply(context, config.heartbeat().toMillis());
        reply.run(body.apply(reply::admitted));
    }

    private void run(Mono<byte[]> body) {
        Disposable.Swap running = Disposables.swap();
        context.addEndHandler(ended -> {
            stopBeating();
            running.dispose();
        });
        running.update(body.subscribe(bytes -> onLoop(() -> succeed(bytes)), failure -> onLoop(() -> fail(failure))));
        if (response.closed()) {
            stopBeating();
            running.dispose();
        }
    }

    private void admitted() {
        loop.runOnContext(ignored -> {
            if (timer == NONE && !over) {
                timer = context.vertx().setPeriodic(heartbeatMillis, tick -> beat());
            }
        });
    }

    /** Whatever is thrown, the client is told or cut off. */
    private void onLoop(Runnable end) {
        loop.runOnContext(ignored -> {
            try {
                end.run();
            } catch (Throwable fault) {
                guardedFail(fault);
            }
        });
    }

    private void stopBeating() {
        over = true;
        if (timer != NONE) {
            context.vertx().cancelTimer(timer);
        }
    }

    private void guardedFail(Throwable fault) {
        try {
            fail(fault);
        } catch (Throwable again) {
            LOG.error("An answer could not be given, nor its failure", again);
            OpenConnection.abort(context.request().connection());
        }
    }

    private void beat() {
        if (response.closed() || response.ended() || response.writeQueueFull()) {
            return;
        }
        if (!response.headWritten()) {
            response.setStatusCode(200)
                    .setChunked(true)
                    .putHeader("Content-Type", "application/json; charset=utf-8")
                    .putHeader("Cache-Control", "no-store")
                    .putHeader("X-Content-Type-Options", "nosniff");
        }
        response.write(BEAT);
    }

    private void succeed(byte[] bytes) {
        if (!response.headWritten()) {
            Replies.json(context, 200, Buffer.buffer(bytes));
        } else if (!response.closed()) {
            response.end(Buffer.buffer(bytes));
        }
    }

    private void fail(Throwable failure) {
        if (!response.headWritten()) {
            Replies.fail(context, failure);
        } else if (!response.closed()) {
            ApiException reported = ApiException.of(failure, RequestTrace.idOf(context));
            AccessLog.failed(context, reported);
            Replies.count(context, reported);
            LOG.atWarn()
                    .addKeyValue("trace", RequestTrace.idOf(context))
                    .log(
                            "An answer failed after its head had been sent; closing its connection: {}",
                            failure.getMessage());
            context.request().connection().close();
        }
    }
}
