package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Contained;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.json.Printable;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/** What can be done with a response that is kept: look at it, go on reading it, end it, delete it. On event loops. */
public final class StoredRoutes implements ApiRoutes {
    private static final String ONE = ResponseRoutes.PATH + "/:id";
    private static final int SHOWN = 80;
    private static final long SWEEP_MILLIS = 10_000;

    private final ResponseServices services;
    private final EarlierResponses earlier;

    public StoredRoutes(ResponseServices services) {
        this.services = services;
        earlier = new EarlierResponses(services);
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get(ONE, this::retrieve);
        endpoints.delete(ONE, this::delete);
        endpoints.post(ONE + "/cancel", this::cancel);
        endpoints.get(ONE + "/input_items", this::inputItems);
        services.vertx().setPeriodic(SWEEP_MILLIS, tick -> services.store().sweep());
    }

    private void retrieve(RoutingContext context) {
        QueryFields query = new QueryFields(context);
        boolean stream = query.flag("stream", false);
        long startingAfter = query.integer("starting_after", -1, 0, Long.MAX_VALUE);
        query.harmless("include", "include_obfuscation");
        query.end();
        if (!stream && startingAfter >= 0) {
            throw ApiException.field("starting_after", "starting_after needs stream to be true");
        }
        withStored(context, known -> {
            if (stream) {
                send(context, known.response(), startingAfter);
            } else {
                Replies.json(context, 200, Buffer.buffer(known.response().current()));
            }
        });
    }

    private void send(RoutingContext context, RecordedResponse response, long asked) {
        long startingAfter = asked;
        String last = context.request().getHeader(EventStream.LAST_EVENT_ID);
        if (last != null && !last.isBlank()) { // An EventSource repeats its URL, so the header is the newer word.
            startingAfter = QueryFields.integer(EventStream.LAST_EVENT_ID, last.strip(), 0, Long.MAX_VALUE);
        }
        ResponseFrames.send(context, response, startingAfter, services);
    }

    private void delete(RoutingContext context) {
        new QueryFields(context).end();
        withStored(context, known -> delete(context, known));
    }

    private void delete(RoutingContext context, StoredResponse known) {
        services.store().remove(tenant(context), known.id());
        known.response().stop(RecordedResponse.Stop.CANCELLED);
        earlier.forget(tenant(context), known.id()); // It may have been written by now.
        Replies.json(context, 200, Buffer.buffer(JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("id", known.id());
            json.writeStringProperty("object", "response");
            json.writeBooleanProperty("deleted", true);
            json.writeEndObject();
        })));
    }

    /** One that has ended is given as it is, so that it makes no difference who was quicker, or how often it is asked. */
    private void cancel(RoutingContext context) {
        new QueryFields(context).end();
        withStored(context, known -> cancel(context, known.response()));
    }

    private void cancel(RoutingContext context, RecordedResponse response) {
        response.stop(RecordedResponse.Stop.CANCELLED);
        PatientReply.send(
                context,
                admitted -> response.over().then(Mono.fromSupplier(Contained.supplier(response::current))),
                services.config());
    }

    private void inputItems(RoutingContext context) {
        QueryFields query = new QueryFields(context);
        ItemPage page = ItemPage.read(query);
        query.harmless("include");
        query.end();
        withStored(context, known -> Replies.json(context, 200, Buffer.buffer(page.of(known))));
    }

    /** Does something with the response that the path names, once it is here. */
    private void withStored(RoutingContext context, Consumer<StoredResponse> work) {
        String id = Objects.requireNonNullElse(context.pathParam("id"), "");
        earlier.find(Caller.of(context), id, RequestTrace.of(context).id())
                .onSuccess(known -> Replies.guarded(context, () -> {
                    if (known == null) {
                        throw unknown(id);
                    }
                    if (!context.response().closed()) {
                        work.accept(known);
                    }
                }))
                .onFailure(failure -> Replies.fail(context, failure));
    }

    private ApiException unknown(String id) {
        return services.config()
                .instance()
                .elsewhere(id, "response_id")
                .orElseGet(() -> new ApiException(
                        404,
                        "invalid_request_error",
                        "There is no response with the id '" + Printable.of(id, SHOWN)
                                + "' here, or it is not kept any more",
                        "response_id",
                        "response_not_found",
                        0));
    }

    private static String tenant(RoutingContext context) {
        return Caller.of(context).tenant().name();
    }
}
