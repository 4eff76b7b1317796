package dev.tramontane.api.ollama;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.openai.AnswerSender;
import dev.tramontane.api.openai.JsonBodies;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.generation.Asker;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** {@code /api/generate}, {@code /api/chat}, {@code /api/tags}, {@code /api/ps}, {@code /api/show} and {@code /api/version}; with {@link PullRoutes}. */
public final class OllamaRoutes implements ApiRoutes {
    /** The release of Ollama whose API these routes speak, which clients compare with what they need. */
    static final String SPOKEN = "0.12.11";

    private final ServedModels models;
    private final Function<String, @Nullable ModelFacts> facts;
    private final RequestMemory memory;
    private final InstantSource clock;
    private final ApiConfig config;
    private final JsonBodies bodies;
    private final OllamaRequests requests;
    private final AnswerSender sender;
    private final PullRoutes pulls;

    /** @param facts of a listed model, null once it is not any more; asked on event loops, must not block */
    public OllamaRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            Function<String, @Nullable ModelFacts> facts,
            HttpObserver observer,
            RequestMemory memory,
            InstantSource clock) {
        this.models = models;
        this.facts = facts;
        this.memory = memory;
        this.clock = clock;
        this.config = config;
        bodies = new JsonBodies(vertx, config);
        requests = new OllamaRequests(config, models);
        sender = new AnswerSender(config, observer);
        pulls = new PullRoutes(config, models, bodies, observer, memory);
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/api/generate", context -> answer(context, requests::generate));
        endpoints.post("/api/chat", context -> answer(context, requests::chat));
        endpoints.get("/api/tags", this::tags);
        endpoints.get("/api/ps", this::running);
        endpoints.post("/api/show", this::show);
        pulls.mount(endpoints);
        endpoints.get(
                "/api/version",
                context -> reply(
                        context,
                        json -> json.writeStartObject()
                                .writeStringProperty("version", SPOKEN)
                                .writeEndObject()));
    }

    private void answer(RoutingContext context, Function<JsonFields, Asked> read) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        AnswerSender.charge(context);
        bodies.read(context.request(), lease, read)
                .onSuccess(asked -> Replies.guarded(context, () -> run(context, asked, lease)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private void run(RoutingContext context, Asked asked, RequestMemory.Lease lease) {
        GenerationRequest wanted = asked.generation();
        // Where nothing is generated a header that is wrong is wrong, too.
        UrgencyFields urgency = asked.urgency().with(context.request().getHeader(UrgencyFields.HEADER));
        AnswerObjects objects =
                new AnswerObjects(asked.name(), asked.chat(), wanted != null && wanted.tops() >= 0, clock);
        if (wanted == null) {
            unprompted(context, asked, objects);
            return;
        }
        RequestTrace trace = RequestTrace.of(context);
        trace.generates(asked.operation(), asked.generator().model());
        List<GenerationRequest> generations = List.of(AnswerSender.of(context, wanted, urgency));
        OllamaWriter writer = new OllamaWriter(
                objects,
                new AnswerTimes(Tally.of(context).begunNanos(), System::nanoTime),
                asked.generator().profile().form(),
                UUID.randomUUID().toString()); // A client's requests may all be of one trace.
        AnswerSender answers = sender.keeping(asked.keep());
        if (asked.stream()) {
            answers.stream(context, EventStream.JSON_LINES, asked.generator(), generations, writer, lease);
        } else {
            answers.whole(context, asked.generator(), generations, writer, lease);
        }
    }

    /** Nothing is to be generated: the model is to be there, or to go. */
    private void unprompted(RoutingContext context, Asked asked, AnswerObjects objects) {
        ServedModels.Keeping keeping = models.keeping();
        String model = asked.generator().model();
        if (keeping == null) {
            Replies.json(context, 200, Buffer.buffer(objects.loaded()));
        } else if (asked.unloads()) {
            keeping.unload(model);
            Replies.json(context, 200, Buffer.buffer(objects.unloaded()));
        } else {
            PatientReply.send(
                    context,
                    waits -> keeping.load(model, asked.keep())
                            .then(Mono.fromSupplier(objects::loaded))
                            .contextWrite(heard -> AnswerSender.whenWaiting(waits)
                                    .in(Asker.in(heard, Caller.of(context).tenant()))),
                    config);
        }
    }

    private void tags(RoutingContext context) {
        reply(context, json -> {
            json.writeStartObject().writeName("models").writeStartArray();
            for (ServedModels.Entry model : models.list()) {
                ModelFacts known = facts.apply(model.id());
                if (known != null) {
                    ModelsFormat.tag(json, model, known);
                }
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private void running(RoutingContext context) {
        reply(context, json -> {
            json.writeStartObject().writeName("models").writeStartArray();
            for (ServedModels.Entry model : models.list()) {
                ModelProfile profile = model.profile();
                ModelFacts known = facts.apply(model.id());
                if (profile != null && known != null && model.isLoaded()) {
                    ModelsFormat.running(json, model, known, profile.contextTokens(), clock.instant());
                }
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private void show(RoutingContext context) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        bodies.read(context.request(), lease, OllamaRoutes::name)
                .map(this::shown)
                .onSuccess(bytes -> Replies.json(context, 200, Buffer.buffer(bytes)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    /** Of {@code /api/show}. */
    private static String name(JsonFields fields) {
        String name = named(fields);
        fields.flag("verbose", false); // There is no more to be told.
        fields.only("system", "");
        fields.only("template", "");
        fields.harmless("options");
        fields.end();
        return name;
    }

    /** By {@code model}, or as it was called before, {@code name}. */
    static String named(JsonFields fields) {
        String old = fields.string("name");
        String name = fields.string("model");
        @Nullable String asked = name == null ? old : name;
        if (asked == null) {
            throw fields.missing("model");
        }
        return asked;
    }

    private byte[] shown(String name) {
        ServedModels.Entry model = OllamaRequests.listed(models, name);
        ModelFacts known = model == null ? null : facts.apply(model.id());
        if (model != null && known != null) {
            ModelProfile profile = model.profile();
            if (profile == null) {
                throw ApiException.unavailable("model '" + name + "' is being loaded; try again soon", 1);
            }
            return ModelsFormat.shown(model, known, profile);
        }
        throw OllamaRequests.unknown(name);
    }

    private static void reply(RoutingContext context, JsonWriter.Value value) {
        Replies.json(context, 200, Buffer.buffer(JsonWriter.bytes(value)));
    }
}
