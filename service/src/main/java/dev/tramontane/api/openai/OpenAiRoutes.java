package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Pass;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.replay.ReplayLimits;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code POST /v1/completions}, {@code /v1/chat/completions} and {@code /v1/fim/completions}. */
public final class OpenAiRoutes implements ApiRoutes {
    private final RequestMemory memory;
    private final JsonBodies bodies;
    private final AnswerJobs jobs;
    private final AnswerSender sender;
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
        this.memory = memory;
        sender = new AnswerSender(config, observer);
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
        RequestTrace trace = RequestTrace.of(context);
        trace.generates(job.operation(), job.generator().model());
        if (!job.format().options().stream()) {
            if (ResumableStreams.isWished(context)) {
                throw ApiException.invalid(
                        400,
                        ResumableStreams.WISH + " belongs to streams; send stream, or leave it out",
                        "invalid_header");
            }
            sender.whole(context, job.generator(), job.generations(), job.format(), lease);
            return false;
        }
        if (ResumableStreams.isWished(context) && !context.response().closed()) {
            resumable.begin(
                    context, path, job, asked.body(), sender.events(job.generator(), job.generations(), trace), pass);
            return true;
        }
        sender.stream(context, EventStream.SENT_EVENTS, job.generator(), job.generations(), job.format(), lease);
        return false;
    }
}
