package dev.tramontane.api;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationObserver;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** The trace of one request, from its head to its end. Its event loop, except where said. */
public final class RequestTrace {
    private static final String KEY = "tramontane.trace";
    private static final int UPGRADED = 101;

    private final TraceContext context;
    private final TraceSink sink;
    private String operation = "";
    private String model = "";
    private boolean over;

    RequestTrace(TraceContext context, TraceSink sink) {
        this.context = context;
        this.sink = sink;
    }

    /** The request's own: the guard gives each one. */
    public static RequestTrace of(RoutingContext routing) {
        return Objects.requireNonNull(routing.get(KEY), "the guard gives each request its trace");
    }

    /** The id of its trace, or nothing where the guard has not seen it. */
    static String idOf(RoutingContext routing) {
        RequestTrace known = routing.get(KEY);
        return known == null ? "" : known.id();
    }

    void put(RoutingContext routing) {
        routing.put(KEY, this);
    }

    /** For what is a request of its own within this one: a response of a socket. */
    public RequestTrace child() {
        return new RequestTrace(context.child(Traces.random()), sink);
    }

    /** By which logs and traces speak of the same request. Any thread. */
    public String id() {
        return context.traceId();
    }

    private boolean isTold() {
        return context.sampled() && sink.listens();
    }

    /**
     * What it generates, and with which model.
     *
     * @param name as for {@link TraceSink.Request#operation}
     */
    public void generates(String name, String modelName) {
        operation = name;
        model = modelName;
    }

    /** The same generation; when the trace is sampled, the engine's times of it are told. Any thread. */
    public Flux<GenerationEvent> observed(int prompt, Flux<GenerationEvent> generation) {
        return isTold()
                ? GenerationObserver.observed(
                        generation,
                        (choice, finish, submitted, phases) -> sink.sequence(
                                new TraceSink.Sequence(context, prompt, choice, finish, submitted, phases)))
                : generation;
    }

    /** It became a socket, whose responses are requests of their own. */
    public void upgraded(RoutingContext routing, String route) {
        ended(idOfRequest(routing), routing.request().method().name(), route, UPGRADED, null, Tally.of(routing));
    }

    /** By which the client knows it: the guard gives each one. */
    static String idOfRequest(RoutingContext routing) {
        return Objects.requireNonNullElse(routing.response().headers().get(RequestIds.HEADER), "");
    }

    /** It is over; only the first such word counts. */
    public void ended(String id, String method, String route, int status, @Nullable String error, Tally tally) {
        if (isTold() && !over) {
            over = true;
            sink.request(new TraceSink.Request(
                    context,
                    id,
                    method,
                    route,
                    status,
                    error,
                    operation,
                    model,
                    tally.promptTokens(),
                    tally.answerTokens(),
                    tally.reasons(),
                    tally.begunNanos(),
                    tally.firstNanos(),
                    tally.nanos()));
        }
    }
}
