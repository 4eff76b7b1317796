package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.Caller;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.generation.Asker;
import dev.tramontane.json.JsonFields;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.function.BiFunction;
import reactor.core.publisher.Mono;

/** Answers JSON objects with JSON, where nothing is admitted and whatever goes wrong has its own status: no heartbeat. On the request's event loop. */
final class JsonReplies {
    private final ApiConfig config;
    private final RequestMemory memory;
    private final JsonBodies bodies;

    JsonReplies(Vertx vertx, ApiConfig config, RequestMemory memory) {
        this.config = config;
        this.memory = memory;
        bodies = new JsonBodies(vertx, config);
    }

    /** @param reader makes the answer, and may take more of the request's memory for it */
    void answer(RoutingContext context, BiFunction<JsonFields, RequestMemory.Lease, Mono<byte[]>> reader) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        bodies.read(context.request(), lease, fields -> reader.apply(fields, lease))
                .onSuccess(answer -> Replies.guarded(
                        context,
                        () -> PatientReply.send(
                                context,
                                admitted -> answer.contextWrite(asked ->
                                        Asker.in(asked, Caller.of(context).tenant())),
                                config)))
                .onFailure(failure -> Replies.fail(context, failure));
    }
}
