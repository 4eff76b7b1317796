package dev.tramontane.api.ollama;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.openai.JsonBodies;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.openai.ServedModels.Pulling;
import dev.tramontane.api.openai.ServedModels.Pulling.Progress;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code POST /api/pull} and {@code DELETE /api/delete}: what is served grows and shrinks, where its operator wants that. */
final class PullRoutes {
    private static final byte[] DONE = "{\"status\":\"success\"}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DONE_LINE = "{\"status\":\"success\"}\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END_OF_LINE = {'\n'};
    private static final byte[] NOTHING = {};

    /** Before the next line's JSON it means nothing. */
    private static final byte[] BLANK = {' '};

    private final ApiConfig config;
    private final ServedModels models;
    private final JsonBodies bodies;
    private final HttpObserver observer;
    private final RequestMemory memory;

    PullRoutes(ApiConfig config, ServedModels models, JsonBodies bodies, HttpObserver observer, RequestMemory memory) {
        this.config = config;
        this.models = models;
        this.bodies = bodies;
        this.observer = observer;
        this.memory = memory;
    }

    void mount(Endpoints endpoints) {
        endpoints.post("/api/pull", this::pull);
        endpoints.delete("/api/delete", this::delete);
    }

    /** @param lines whether progress is told */
    private record Wanted(String name, boolean lines) {
        static Wanted of(JsonFields fields) {
            boolean lines = fields.flag("stream", true);
            fields.harmless("insecure"); // Whom a server trusts is its operator's choice.
            String name = OllamaRoutes.named(fields);
            fields.end();
            return new Wanted(name, lines);
        }
    }

    private void pull(RoutingContext context) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        bodies.read(context.request(), lease, Wanted::of)
                .onSuccess(wanted -> Replies.guarded(context, () -> pull(context, wanted)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private void pull(RoutingContext context, Wanted wanted) {
        Flux<Progress> progress = progress(context, wanted.name());
        if (wanted.lines()) {
            Flux<byte[]> lines = progress.map(PullRoutes::line).concatWithValues(DONE_LINE);
            EventStream.send(context, EventStream.JSON_LINES, lines, BLANK, config, observer);
        } else {
            PatientReply.send(
                    context,
                    waits -> progress.doOnSubscribe(begun -> waits.run()).then(Mono.just(DONE)),
                    config);
        }
    }

    /** Of a served model nothing: it is here. */
    private Flux<Progress> progress(RoutingContext context, String name) {
        if (OllamaRequests.listed(models, name) != null) {
            return Flux.empty();
        }
        Pulling pulling = models.pulling();
        if (pulling == null) {
            throw OllamaRequests.unfetched(name);
        }
        Caller.of(context).requireOperator();
        return pulling.pull(name);
    }

    private static byte[] line(Progress progress) {
        return JsonWriter.framed(
                NOTHING,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("status", progress.status());
                    if (!progress.digest().isEmpty()) {
                        json.writeStringProperty("digest", progress.digest());
                    }
                    if (progress.total() > 0) {
                        json.writeNumberProperty("total", progress.total());
                        json.writeNumberProperty("completed", progress.completed());
                    }
                    json.writeEndObject();
                },
                END_OF_LINE);
    }

    private void delete(RoutingContext context) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        Function<JsonFields, String> named = fields -> {
            String name = OllamaRoutes.named(fields);
            fields.end();
            return name;
        };
        bodies.read(context.request(), lease, named)
                .onSuccess(name -> Replies.guarded(context, () -> delete(context, name)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private void delete(RoutingContext context, String name) {
        ServedModels.Entry model = OllamaRequests.listed(models, name);
        Pulling pulling = models.pulling();
        if (model == null && pulling == null) {
            throw OllamaRequests.unknown(name);
        }
        Caller.of(context).requireOperator();
        if (pulling == null || (model != null && model.parent() != null)) {
            throw ApiException.invalid(
                    403,
                    "'" + name + "' is no model that requests delete: "
                            + (pulling == null
                                    ? "what this server serves is what it was started with"
                                    : "POST /v1/unload_lora_adapter takes an adapter away"),
                    "model_not_deletable");
        }
        PatientReply.send(
                context,
                waits -> pulling.delete(model == null ? name : model.id())
                        .doOnSubscribe(begun -> waits.run())
                        .thenReturn(DONE),
                config);
    }
}
