package dev.tramontane.api.tgi;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.openai.AnswerSender;
import dev.tramontane.api.openai.JsonBodies;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.tgi.TextRequest.At;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/** {@code POST /}, {@code POST /generate}, {@code POST /generate_stream} and {@code GET /info}. */
public final class TgiRoutes implements ApiRoutes {
    private static final String TASK = "text-generation";

    private final ApiConfig config;
    private final ServedModels models;
    private final RequestMemory memory;
    private final String version;
    private final JsonBodies bodies;
    private final AnswerSender sender;

    /** @param version of the program */
    public TgiRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            String version) {
        this.config = config;
        this.models = models;
        this.memory = memory;
        this.version = version;
        bodies = new JsonBodies(vertx, config);
        sender = new AnswerSender(config, observer);
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/", context -> answer(context, At.ROOT));
        endpoints.post("/generate", context -> answer(context, At.GENERATE));
        endpoints.post("/generate_stream", context -> answer(context, At.STREAM));
        endpoints.get("/info", context -> Replies.guarded(context, () -> info(context)));
    }

    private record Asked(TextGenerator generator, TextRequest request) {}

    private void answer(RoutingContext context, At at) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        AnswerSender.charge(context);
        bodies.read(context.request(), lease, fields -> asked(fields, at))
                .onSuccess(asked -> Replies.guarded(context, () -> run(context, asked, at, lease)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private Asked asked(JsonFields fields, At at) {
        TextGenerator generator = models.get(TextRequest.adapter(fields));
        return new Asked(generator, TextRequest.read(fields, at, config.requests(), generator.profile()));
    }

    private void run(RoutingContext context, Asked asked, At at, RequestMemory.Lease lease) {
        TextRequest request = asked.request();
        RequestTrace.of(context).generates("text_completion", asked.generator().model());
        List<GenerationRequest> generations =
                List.of(AnswerSender.of(context, request.generation(), request.urgency()));
        TextWriter writer = new TextWriter(request, at == At.ROOT);
        if (request.stream()) {
            sender.stream(context, EventStream.SENT_EVENTS, asked.generator(), generations, writer, lease);
        } else {
            sender.whole(context, asked.generator(), generations, writer, lease);
        }
    }

    private void info(RoutingContext context) {
        TextGenerator generator = models.get(null);
        byte[] body = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("model_id", generator.model());
            json.writeNullProperty("model_sha");
            json.writeStringProperty("model_pipeline_tag", TASK);
            json.writeNumberProperty(
                    "max_concurrent_requests",
                    generator.capacity().config().admission().slots()
                            + generator.capacity().config().admission().queueRequests());
            json.writeNumberProperty("max_best_of", config.requests().choices());
            json.writeNumberProperty("max_stop_sequences", config.requests().stopStrings());
            json.writeNumberProperty("max_input_tokens", generator.contextTokens() - 1);
            json.writeNumberProperty("max_total_tokens", generator.contextTokens());
            json.writeNumberProperty("validation_workers", config.eventLoops());
            json.writeNumberProperty("max_client_batch_size", 1);
            json.writeStringProperty("router", "tramontane");
            json.writeStringProperty("version", version);
            json.writeNullProperty("sha");
            json.writeNullProperty("docker_label");
            json.writeEndObject();
        });
        Replies.json(context, 200, Buffer.buffer(body));
    }
}
