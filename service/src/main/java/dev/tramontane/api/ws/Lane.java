package dev.tramontane.api.ws;

import dev.tramontane.api.responses.ResponseEvents;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Answers one request at a time, first in, first out, as OpenAI does for one {@code stream_id}. A socket has one lane
 * for now. Event loop only.
 */
final class Lane {
    private final Context context;
    private final SocketServices services;
    private final RunningResponse.Outlet outlet;
    private final String socketId;
    private final Runnable whenIdle;
    private final ArrayDeque<ClientMessage.Create> waiting = new ArrayDeque<>();
    private @Nullable RunningResponse running;
    private String lastEnded = "";

    /**
     * @param socketId of the request that opened the socket
     * @param whenIdle run when an answer has ended and none waits
     */
    Lane(Context context, SocketServices services, RunningResponse.Outlet outlet, String socketId, Runnable whenIdle) {
        this.context = context;
        this.services = services;
        this.outlet = outlet;
        this.socketId = socketId;
        this.whenIdle = whenIdle;
    }

    /** Starts or queues a request; false when too many wait already. */
    boolean offer(ClientMessage.Create create) {
        if (running == null) {
            start(create);
            return true;
        }
        return waiting.size() < services.config().sockets().waitingRequests() && waiting.offer(create);
    }

    /** Whether no answer is under way. */
    boolean isIdle() {
        return running == null;
    }

    /** Ends the running answer if it has this id; false when neither it nor the one before has. */
    boolean cancel(String id) {
        RunningResponse current = running;
        if (current != null && current.isAccepted() && current.id().equals(id)) {
            current.cancelByClient();
            return true;
        }
        return lastEnded.equals(id); // It ended while the request to cancel was on its way.
    }

    /** The socket takes more again. */
    void drained() {
        if (running != null) {
            running.drained();
        }
    }

    /** The socket is gone. */
    void abandon() {
        waiting.clear();
        if (running != null) {
            running.abandon();
            running.log(socketId);
            running = null;
            services.observer().streamClosed(ResponsesRoute.PATH, true);
        }
    }

    private void start(ClientMessage.Create create) {
        ResponseEvents events = new ResponseEvents(
                ResponseIds.next(), create.request(), create.generator().model(), services.clock());
        RunningResponse response =
                new RunningResponse(context, services.config().lookAhead(), events, outlet, this::next);
        running = response;
        services.observer().streamOpened(ResponsesRoute.PATH);
        create.generator().generate(create.request().generation()).subscribe(response);
    }

    private void next() {
        if (running != null) {
            running.log(socketId);
        }
        lastEnded = running == null ? "" : running.id();
        running = null;
        services.observer().streamClosed(ResponsesRoute.PATH, false);
        ClientMessage.Create create = waiting.poll();
        if (create == null) {
            whenIdle.run();
        } else {
            start(create);
        }
    }
}
