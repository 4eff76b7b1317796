package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.Tally;
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
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code POST /v1/completions} and {@code POST /v1/chat/completions}. */
public final class OpenAiRoutes implements ApiRoutes {
    private final ApiConfig config;
    private final ServedModels models;
    private final HttpObserver observer;
    private final InstantSource clock;
    private final JsonBodies bodies;

    public OpenAiRoutes(
            Vertx vertx, ApiConfig config, ServedModels models, HttpObserver observer, InstantSource clock) {
        this.config = config;
        this.models = models;
        this.observer = observer;
        this.clock = clock;
        bodies = new JsonBodies(vertx, config);
    }

    /** A checked request, ready to run. */
    private record Job(TextGenerator generator, List<GenerationRequest> generations, AnswerFormat format) {}

    /** An event and the prompt that it belongs to. */
    private record Tagged(int prompt, GenerationEvent event) {}

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/v1/completions", context -> handle(context, this::completion));
        endpoints.post("/v1/chat/completions", context -> handle(context, this::chat));
    }

    private void handle(RoutingContext context, Function<JsonFields, Job> reader) {
        bodies.read(context.request(), reader)
                .onSuccess(job -> run(context, job))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private Job completion(JsonFields fields) {
        CompletionRequest request = CompletionRequest.parse(fields, config.requests());
        TextGenerator generator = models.get(request.model());
        return new Job(
                generator,
                request.generations(),
                new CompletionFormat(request, generator.model(), seconds(), config.fingerprint()));
    }

    private Job chat(JsonFields fields) {
        ChatRequest request = ChatRequest.parse(fields, config);
        TextGenerator generator = models.get(request.model());
        return new Job(
                generator,
                request.generations(),
                new ChatFormat(request, generator.model(), seconds(), config.fingerprint()));
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }

    private void run(RoutingContext context, Job job) {
        Tally tally = Tally.of(context);
        if (job.format().options().stream()) {
            Flux<byte[]> frames = events(job)
                    .map(tagged -> {
                        tally.see(tagged.prompt(), tagged.event());
                        return job.format().event(tagged.prompt(), tagged.event());
                    })
                    .concatWith(Mono.fromSupplier(job.format()::last));
            EventStream.send(context, frames, job.format().keepAlive(), config, observer);
        } else {
            PatientReply.send(context, admitted -> whole(job, tally, admitted), config);
        }
    }

    /** The events of all prompts; of several, as many are generated at once as the limits allow. */
    private Flux<Tagged> events(Job job) {
        List<GenerationRequest> generations = job.generations();
        if (generations.size() == 1) { // No operator between: demand passes exactly.
            return job.generator().generate(generations.getFirst()).map(event -> new Tagged(0, event));
        }
        int parallel = Math.min(generations.size(), config.requests().parallelPrompts());
        return Flux.range(0, generations.size())
                .flatMap(
                        prompt -> job.generator()
                                .generate(generations.get(prompt))
                                .map(event -> new Tagged(prompt, event)),
                        parallel,
                        Math.max(1, config.lookAhead() / parallel));
    }

    /** @param admitted run when the engine has taken the request, or the first of its prompts */
    private Mono<byte[]> whole(Job job, Tally tally, Runnable admitted) {
        int choices = job.format().options().choices();
        return events(job)
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
                        (answers, tagged) -> {
                            tally.see(tagged.prompt(), tagged.event());
                            answers.get(tagged.prompt()).add(tagged.event());
                        })
                .map(job.format()::whole);
    }
}
