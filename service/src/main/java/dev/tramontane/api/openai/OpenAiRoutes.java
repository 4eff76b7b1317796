package dev.tramontane.api.openai;

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
import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.openai.PromptEvents.Part;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationRequest;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code POST /v1/completions}, {@code /v1/chat/completions} and {@code /v1/fim/completions}. */
public final class OpenAiRoutes implements ApiRoutes {
    private final ApiConfig config;
    private final HttpObserver observer;
    private final RequestMemory memory;
    private final JsonBodies bodies;
    private final AnswerJobs jobs;
    private final EarlierStreams earlier;
    private final ResumableStreams resumable;

    /** Those of a process that leaves nothing behind. */
    public OpenAiRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            InstantSource clock) {
        this(vertx, config, models, observer, memory, ReplayLimits.DEFAULT, clock, new JournalPlace());
    }

    /**
     * @param replay how much is kept of streams that may be resumed
     * @param journal where those go that this process does not finish
     */
    public OpenAiRoutes(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            ReplayLimits replay,
            InstantSource clock,
            JournalPlace journal) {
        this.config = config;
        this.observer = observer;
        this.memory = memory;
        bodies = new JsonBodies(vertx, config);
        jobs = new AnswerJobs(config, models, clock);
        KeptStreams kept = new KeptStreams(vertx, config, memory, replay);
        earlier = new EarlierStreams(vertx, config, kept, jobs, journal, clock);
        resumable = new ResumableStreams(config, observer, kept, earlier);
    }

    /** What is to leave its streams to the next process. */
    public Departure.Leaving streams() {
        return earlier;
    }

    @Override
    public void mount(Endpoints endpoints) {
        for (AnswerPath path : AnswerPath.values()) {
            endpoints.post(path.path(), context -> handle(context, path));
        }
    }

    /** A job and the body that asked for it. */
    private record Asked(AnswerJob job, byte[] body) {}

    private void handle(RoutingContext context, AnswerPath path) {
        RequestMemory.Lease lease = Replies.lease(context, memory);
        if (ResumableStreams.isResumption(context)) { // Its answer has its place already.
            bodies.read(context.request(), lease, fields -> fields)
                    .onSuccess(same -> Replies.guarded(context, () -> resumable.resume(context, path)))
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
        bodies.read(
                        context.request(),
                        lease,
                        (fields, body) -> new Asked(
                                asked(
                                        context,
                                        path.read(
                                                jobs,
                                                fields,
                                                jobs.begun(context.request().getHeader(ThoughtShape.HEADER)))),
                                body))
                .onSuccess(
                        asked -> Replies.guarded(context, () -> outlives.set(run(context, path, asked, lease, pass))))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    /** By whom, and until when: a deadline counts from the arrival of the head, however long the body takes. */
    private static AnswerJob asked(RoutingContext context, AnswerJob job) {
        UrgencyFields urgency =
                job.format().options().urgency().with(context.request().getHeader(UrgencyFields.HEADER));
        return job.of(
                Caller.of(context).tenant().salted(job.format().options().cacheSalt()),
                urgency.from(Tally.of(context).begunNanos()));
    }

    /** Whether the answer outlives its request. */
    private boolean run(RoutingContext context, AnswerPath path, Asked asked, RequestMemory.Lease lease, Pass pass) {
        AnswerJob job = asked.job();
        Tally tally = Tally.of(context);
        RequestTrace trace = RequestTrace.of(context);
        trace.generates(job.operation(), job.generator().model());
        if (!job.format().options().stream()) {
            if (ResumableStreams.isWished(context)) {
                throw ApiException.invalid(
                        400,
                        ResumableStreams.WISH + " belongs to streams; send stream, or leave it out",
                        "invalid_header");
            }
            PatientReply.send(context, admitted -> whole(job, lease, tally, trace, admitted), config);
            return false;
        }
        if (ResumableStreams.isWished(context) && !context.response().closed()) {
            resumable.begin(context, path, job, asked.body(), events(job, trace), pass);
            return true;
        }
        // What a reader that stands still leaves waiting.
        lease.take(RequestMemory.ofTokens(
                config.lookAhead(), job.generations().getFirst().tops()));
        Flux<byte[]> frames = events(job, trace)
                .map(Contained.function(tagged -> {
                    tally.see(tagged.prompt(), tagged.event());
                    return job.format().event(tagged.prompt(), tagged.event());
                }))
                .concatWith(Mono.fromSupplier(Contained.supplier(job.format()::last)));
        EventStream.send(context, frames, job.format().keepAlive(), config, observer);
        return false;
    }

    /** The events of all prompts; of several, as many are generated at once as the limits allow. */
    private Flux<PromptEvent> events(AnswerJob job, RequestTrace trace) {
        List<Part> parts = new ArrayList<>();
        for (GenerationRequest generation : job.generations()) {
            parts.add(new Part(parts.size(), generation));
        }
        return PromptEvents.of(
                parts,
                part -> trace.observed(part.prompt(), job.generator().generate(part.request())),
                Math.min(parts.size(), config.requests().parallelPrompts()),
                config.lookAhead());
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
    private Mono<byte[]> whole(
            AnswerJob job, RequestMemory.Lease lease, Tally tally, RequestTrace trace, Runnable admitted) {
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
