package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Contained;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Pass;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonFields;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code POST /v1/completions}, {@code /v1/chat/completions} and {@code /v1/fim/completions}. */
public final class OpenAiRoutes implements ApiRoutes {
    private final ApiConfig config;
    private final ServedModels models;
    private final HttpObserver observer;
    private final RequestMemory memory;
    private final InstantSource clock;
    private final JsonBodies bodies;
    private final ResumableStreams resumable;

    public OpenAiRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            InstantSource clock) {
        this(vertx, config, models, observer, memory, ReplayLimits.DEFAULT, clock);
    }

    /** @param replay how much is kept of streams that may be resumed */
    public OpenAiRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            ReplayLimits replay,
            InstantSource clock) {
        resumable = new ResumableStreams(vertx, config, observer, memory, replay);
        this.config = config;
        this.models = models;
        this.observer = observer;
        this.memory = memory;
        this.clock = clock;
        bodies = new JsonBodies(vertx, config);
    }

    /** A checked request, ready to run. */
    private record Job(
            String operation, TextGenerator generator, List<GenerationRequest> generations, AnswerFormat format) {
        Job of(Tenant tenant, Urgency urgency) {
            return new Job(
                    operation,
                    generator,
                    generations.stream()
                            .map(request -> request.of(tenant).when(urgency))
                            .toList(),
                    format);
        }
    }

    /** An event and the prompt that it belongs to. */
    private record Tagged(int prompt, GenerationEvent event) {}

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/v1/completions", context -> handle(context, this::completion));
        endpoints.post("/v1/chat/completions", context -> handle(context, fields -> chat(context, fields)));
        endpoints.post("/v1/fim/completions", context -> handle(context, this::fill));
    }

    private void handle(RoutingContext context, Function<JsonFields, Job> reader) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        if (ResumableStreams.isResumption(context)) { // Its answer has its place already.
            bodies.read(context.request(), lease, fields -> fields)
                    .onSuccess(same -> Replies.guarded(context, () -> resumable.resume(context)))
                    .onFailure(failure -> Replies.fail(context, failure));
            return;
        }
        Pass pass = Caller.of(context).begin();
        AtomicBoolean outlives = new AtomicBoolean(); // Then the answer gives the pass back.
        context.addEndHandler(ended -> {
            if (!outlives.get()) {
                pass.close();
            }
        });
        Tally.of(context).paidBy(pass);
        bodies.read(context.request(), lease, fields -> asked(context, reader.apply(fields)))
                .onSuccess(job -> Replies.guarded(context, () -> run(context, job, lease, pass, outlives)))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    /** By whom, and until when: a deadline counts from the arrival of the head, however long the body takes. */
    private static Job asked(RoutingContext context, Job job) {
        UrgencyFields urgency =
                job.format().options().urgency().with(context.request().getHeader(UrgencyFields.HEADER));
        return job.of(
                Caller.of(context).tenant().salted(job.format().options().cacheSalt()),
                urgency.from(Tally.of(context).begunNanos()));
    }

    private Job completion(JsonFields fields) {
        TextGenerator generator = models.get(fields.string("model"));
        CompletionRequest request = CompletionRequest.parse(
                fields, config.requests(), generator.profile().sampling());
        return new Job(
                "text_completion",
                generator,
                request.generations(),
                new CompletionFormat(request, generator.model(), seconds(), config.fingerprint(), config.instance()));
    }

    private Job chat(RoutingContext context, JsonFields fields) {
        TextGenerator generator = models.get(fields.string("model"));
        ChatRequest request = ChatRequest.parse(
                fields,
                config,
                generator.profile().sampling(),
                context.request().getHeader(ThoughtShape.HEADER));
        return new Job(
                "chat",
                generator,
                request.generations(),
                new ChatFormat(
                        request.options(),
                        request.topLogprobs(),
                        request.thoughts(),
                        generator.profile().form(),
                        request.asked().calls().need() == CallRules.Need.NAMED,
                        generator.model(),
                        seconds(),
                        config.fingerprint(),
                        config.instance()));
    }

    private Job fill(JsonFields fields) {
        TextGenerator generator = models.get(fields.string("model"));
        FimRequest request =
                FimRequest.parse(fields, config.requests(), generator.profile().sampling());
        return new Job(
                "text_completion",
                generator,
                request.generations(),
                new ChatFormat(
                        request.options(),
                        -1,
                        ThoughtShape.FIELD,
                        AnswerStyle.PLAIN,
                        false,
                        generator.model(),
                        seconds(),
                        config.fingerprint(),
                        config.instance()));
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }

    private void run(RoutingContext context, Job job, RequestMemory.Lease lease, Pass pass, AtomicBoolean outlives) {
        Tally tally = Tally.of(context);
        RequestTrace trace = RequestTrace.of(context);
        trace.generates(job.operation(), job.generator().model());
        if (job.format().options().stream()) {
            int alternatives = job.generations().getFirst().tops();
            Flux<byte[]> frames = events(job, trace)
                    .map(Contained.function(tagged -> {
                        tally.see(tagged.prompt(), tagged.event());
                        return job.format().event(tagged.prompt(), tagged.event());
                    }))
                    .concatWith(Mono.fromSupplier(Contained.supplier(job.format()::last)));
            if (ResumableStreams.isWished(context) && !context.response().closed()) {
                resumable.begin(context, job.format(), frames, alternatives, pass);
                outlives.set(true);
                return;
            }
            // What a reader that stands still leaves waiting.
            lease.take(RequestMemory.ofTokens(config.lookAhead(), alternatives));
            EventStream.send(context, frames, job.format().keepAlive(), config, observer);
        } else if (ResumableStreams.isWished(context)) {
            throw ApiException.invalid(
                    400, ResumableStreams.WISH + " belongs to streams; send stream, or leave it out", "invalid_header");
        } else {
            PatientReply.send(context, admitted -> whole(job, lease, tally, trace, admitted), config);
        }
    }

    /**
     * The events of all prompts; of several, as many are generated at once as the limits allow. The first failure ends
     * them all. Failures travel as values up to there: of two at a time the second has nobody to go to, which would be
     * a fault to Reactor.
     */
    private Flux<Tagged> events(Job job, RequestTrace trace) {
        List<GenerationRequest> generations = job.generations();
        if (generations.size() == 1) { // No operator between: demand passes exactly.
            return trace.observed(0, job.generator().generate(generations.getFirst()))
                    .map(event -> new Tagged(0, event));
        }
        int parallel = Math.min(generations.size(), config.requests().parallelPrompts());
        return Flux.range(0, generations.size())
                .flatMap(
                        prompt -> trace.observed(prompt, job.generator().generate(generations.get(prompt)))
                                .map(event -> new Tagged(prompt, event))
                                .materialize()
                                .filter(signal -> !signal.isOnComplete()),
                        parallel,
                        Math.max(1, config.lookAhead() / parallel))
                .dematerialize();
    }

    /** What an event costs that is kept until the answer is whole, the answer's bytes included. */
    private static long weight(GenerationEvent event) {
        return switch (event) {
            case GenerationEvent.Accepted accepted -> 0; // A part of what the body was weighed at.
            case GenerationEvent.Scored scored -> weight(scored.prompt());
            case GenerationEvent.Delta delta ->
                RequestMemory.ofText(delta.text().length()) + weight(delta.tokens());
            case GenerationEvent.Finished finished -> 0;
        };
    }

    private static long weight(List<GenerationEvent.Token> tokens) {
        long bytes = 0;
        for (GenerationEvent.Token token : tokens) {
            bytes += RequestMemory.ofTokens(1, token.tops().size());
        }
        return bytes;
    }

    /** @param admitted run when the engine has taken the request, or the first of its prompts */
    private Mono<byte[]> whole(Job job, RequestMemory.Lease lease, Tally tally, RequestTrace trace, Runnable admitted) {
        int choices = job.format().options().choices();
        return events(job, trace)
                .doOnNext(tagged -> {
                    if (tagged.event() instanceof Accepted) {
                        admitted.run();
                    }
                })
                .collect(
                        () -> {
                            List<Answer> answers = new ArrayList<>();
                            job.generations().forEach(generation -> answers.add(new Answer(choices)));
                            return answers;
                        },
                        Contained.consumer((answers, tagged) -> {
                            tally.see(tagged.prompt(), tagged.event());
                            lease.take(weight(tagged.event()));
                            answers.get(tagged.prompt()).add(tagged.event());
                        }))
                .map(Contained.function(job.format()::whole));
    }
}
