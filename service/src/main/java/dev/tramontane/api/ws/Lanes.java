package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.ResponseIds;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.Steer;
import io.vertx.core.Context;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A socket's lanes: requests of one are answered in their order, those of different ones side by side. Event loop only. */
final class Lanes {

    /** Where events go. */
    interface Outlet extends Turns.Sink {
        /** A request of a lane that did not become a response. */
        void refuse(String lane, ApiException refusal);
    }

    private final SocketLimits limits;
    private final Runnable whenIdle;
    private final LaneServices services;
    private final Resumed resumed;
    private final Map<String, Lane> lanes = new LinkedHashMap<>();

    /**
     * @param outlet of all lanes' events
     * @param socketId of the request that opened the socket
     * @param trace likewise
     * @param tenant whose responses may be gone on from and read again
     * @param whenIdle run when no lane has an answer under way or a request waiting
     */
    Lanes(
            Context context,
            ResponseServices socket,
            Outlet outlet,
            String socketId,
            RequestTrace trace,
            String tenant,
            Runnable whenIdle) {
        limits = socket.config().sockets();
        this.whenIdle = whenIdle;
        services = new LaneServices(
                socket,
                context,
                outlet,
                new Places(limits.activeAnswers()),
                new Turns(outlet),
                new Parents(socket.history(tenant), socket.memory()),
                socketId,
                trace,
                tenant,
                this::laneIsIdle);
        resumed = new Resumed(services);
    }

    /** What requests may go on from. */
    Parents parents() {
        return services.parents();
    }

    /**
     * Starts or queues a request, and keeps what it holds until it has ended.
     *
     * @throws ApiException when its lane takes no more, or would be one too many; what it holds is the caller's then
     */
    void create(ClientMessage.Create create, RequestMemory.Lease memory, Pass pass) {
        if (!at(create.lane()).offer(create, memory, pass)) {
            throw new ApiException(
                    429,
                    "rate_limit_error",
                    "an answer is under way in this lane and " + limits.waitingRequests()
                            + " requests wait; wait for an answer to end, or use another stream_id or socket",
                    null,
                    "too_many_requests",
                    1);
        }
    }

    private Lane at(String name) {
        Lane known = lanes.get(name);
        if (known != null) {
            return known;
        }
        int named = lanes.size() - (lanes.containsKey(StreamId.DEFAULT) ? 1 : 0);
        if (!name.isEmpty() && named >= limits.namedLanes()) {
            throw new ApiException(
                    400,
                    "invalid_request_error",
                    "this socket has had " + limits.namedLanes()
                            + " values of stream_id, as many as one may; use one of them again or open another socket",
                    StreamId.FIELD,
                    "websocket_stream_limit_reached",
                    0);
        }
        Lane lane = new Lane(services, name);
        lanes.put(name, lane);
        return lane;
    }

    /**
     * Sends the events of an answer of the tenant's after a number, and those to come.
     *
     * @throws ApiException when there is no such answer, or too many are read already
     */
    void resume(ClientMessage.Resume resume) {
        at(resume.lane());
        resumed.begin(resume);
    }

    /**
     * Ends an answer.
     *
     * @throws ApiException when no lane has it
     */
    void cancel(String id) {
        boolean known = resumed.cancel(id);
        for (Lane lane : lanes.values()) {
            known |= lane.cancel(id);
        }
        if (!known) {
            throw unknown(id);
        }
    }

    /**
     * Lets so many more events of an answer go; from the first call on, only those.
     *
     * @throws ApiException when no lane has it
     */
    void demand(String id, long events) {
        boolean known = resumed.demand(id, events);
        for (Lane lane : lanes.values()) {
            known |= lane.demand(id, events);
        }
        if (!known) {
            throw unknown(id);
        }
    }

    private ApiException unknown(String id) {
        return services.socket()
                .config()
                .instance()
                .elsewhere(id, "response_id")
                .orElseGet(() -> new ApiException(
                        404,
                        "invalid_request_error",
                        "no answer under way on this socket has this id",
                        "response_id",
                        "response_not_found",
                        0));
    }

    /**
     * Has an answer go on with the user's words.
     *
     * @throws ApiException whose code says why it cannot
     */
    void steer(Steer steer, int characters) {
        for (Lane lane : lanes.values()) {
            if (lane.underWay(steer.responseId()) != null) {
                lane.steer(
                        steer.named(ResponseIds.next(services.socket().config().instance())), characters);
                return;
            }
        }
        @Nullable RecordedResponse ended = ended(steer.responseId());
        if (ended == null) {
            throw ApiException.invalid(400, "no answer under way on this socket has this id", "response_not_found");
        }
        throw ApiException.invalid(
                400,
                "the answer has ended; go on from it with response.create",
                ended.status().equals("completed") ? "response_already_completed" : "response_not_active");
    }

    /** The refusal of words for an answer, as its lane tells it. */
    String refusal(Steer steer, String code, String why) {
        for (Map.Entry<String, Lane> lane : lanes.entrySet()) {
            @Nullable RecordedResponse known = lane.getValue().underWay(steer.responseId());
            known = known == null ? lane.getValue().ended(steer.responseId()) : known;
            if (known != null) {
                return StreamId.mark(lane.getKey(), steer.failed(known.log().next(), code, why));
            }
        }
        return steer.failed(0, code, why);
    }

    private @Nullable RecordedResponse ended(String id) {
        for (Lane lane : lanes.values()) {
            RecordedResponse ended = lane.ended(id);
            if (ended != null) {
                return ended;
            }
        }
        return null;
    }

    /** The socket takes more again. */
    void drained() {
        services.turns().run();
    }

    boolean areIdle() {
        return resumed.isIdle() && lanes.values().stream().allMatch(Lane::isIdle);
    }

    private void laneIsIdle() {
        if (areIdle()) {
            whenIdle.run();
        }
    }

    /** The socket is gone. */
    void abandon() {
        services.places().close();
        lanes.values().forEach(Lane::abandon);
        resumed.abandon();
        services.parents().close();
    }
}
