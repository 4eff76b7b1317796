package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Contained;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.Pass;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.openai.AnswerSender;
import dev.tramontane.api.openai.JsonBodies;
import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonFields;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/** {@code POST /v1/responses}: one response, in one piece, as events, or in the background. On event loops. */
public final class ResponseRoutes implements ApiRoutes {
    /** Where responses are. */
    static final String PATH = "/v1/responses";

    private final ResponseServices services;
    private final JsonBodies bodies;
    private final EarlierResponses earlier;

    public ResponseRoutes(ResponseServices services) {
        this.services = services;
        bodies = new JsonBodies(services.vertx(), services.config());
        earlier = new EarlierResponses(services);
    }

    /** A checked request, ready to run. */
    private record Job(ResponseCreate create, TextGenerator generator) {}

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post(PATH, this::create);
    }

    private void create(RoutingContext context) {
        if (context.request().getHeader(EventStream.LAST_EVENT_ID) != null) {
            throw ApiException.invalid(
                    400,
                    "Last-Event-ID belongs to GET " + PATH
                            + "/{id}?stream=true, which continues a stream; this would begin another response",
                    "unexpected_last_event_id");
        }
        Pass pass = Caller.of(context).begin();
        AtomicBoolean begun = new AtomicBoolean(); // From then on the response gives the pass back.
        context.addEndHandler(ended -> {
            if (!begun.get()) {
                pass.close();
            }
        });
        Tally.of(context).paidBy(pass);
        RequestMemory.Lease lease = Replies.lease(context, services.memory());
        bodies.read(
                        context.request(),
                        lease,
                        fields -> earlier.bring(
                                Caller.of(context),
                                References.of(fields.value("previous_response_id"), fields.value("input")),
                                RequestTrace.of(context).id()),
                        fields -> read(fields, context))
                .onSuccess(job -> Replies.guarded(context, () -> {
                    if (!context.response().closed()) {
                        run(context, job, pass, begun);
                    }
                }))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private Job read(JsonFields fields, RoutingContext context) {
        Caller caller = Caller.of(context);
        TextGenerator generator = services.models().get(fields.string("model"));
        ResponseCreate create = CreateReader.read(
                fields,
                services.config().requests(),
                generator.profile().sampling(),
                services.history(caller.tenant().name()),
                urgency -> urgency.with(context.request().getHeader(UrgencyFields.HEADER))
                        .from(Tally.of(context).begunNanos()));
        return new Job(create.of(caller.tenant()), generator);
    }

    private void run(RoutingContext context, Job job, Pass pass, AtomicBoolean begun) {
        RequestTrace trace = RequestTrace.of(context);
        trace.generates("chat", job.generator().model());
        RecordedResponse response = StartedResponse.prepare(
                services, job.create(), job.generator(), Caller.of(context), pass, trace, Tally.of(context));
        begun.set(true);
        try {
            // The reader first: an answer without one is not to be generated.
            if (job.create().delivery().stream()) {
                ResponseFrames.send(context, response, -1, services);
            } else {
                PatientReply.send(context, admitted -> whole(response, admitted), services.config());
            }
            response.begin(
                    trace.observed(0, job.generator().generate(response.create().generation())));
        } catch (Throwable fault) { // It would hold its place for ever.
            response.failToStart(fault);
            throw fault;
        }
    }

    /** The response when it is over; of one in the background when it is admitted. */
    private static Mono<byte[]> whole(RecordedResponse response, Runnable admitted) {
        return read(response, admitted)
                .contextWrite(heard -> AnswerSender.whenWaiting(admitted).in(heard));
    }

    private static Mono<byte[]> read(RecordedResponse response, Runnable admitted) {
        if (response.create().delivery().background()) {
            return response.read(-1).next().map(Contained.function(first -> response.current()));
        }
        return response.read(-1)
                .doOnNext(event -> {
                    if (event.number() == 0) {
                        admitted.run();
                    }
                })
                .then(Mono.fromSupplier(Contained.supplier(() -> {
                    ApiException failure = response.failure();
                    if (failure != null) {
                        throw failure;
                    }
                    return response.current();
                })));
    }
}
