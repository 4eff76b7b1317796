package dev.tramontane.api.ws;

import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.responses.ResponseEvents;
import dev.tramontane.api.responses.ResponseIds;
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
    private final RequestTrace socketTrace;
    private final Runnable whenIdle;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable RunningResponse running;
    private @Nullable Waiting held;
    private String lastEnded = "";

    /** A request, and what it holds. */
    private record Waiting(ClientMessage.Create create, RequestMemory.Lease memory, Pass pass) {
        void release() {
            memory.release();
            pass.close();
        }
    }

    /**
     * @param socketId of the request that opened the socket
     * @param socketTrace likewise
     * @param whenIdle run when an answer has ended and none waits
     */
    Lane(
            Context context,
            SocketServices services,
            RunningResponse.Outlet outlet,
            String socketId,
            RequestTrace socketTrace,
            Runnable whenIdle) {
        this.socketTrace = socketTrace;
        this.context = context;
        this.services = services;
        this.outlet = outlet;
        this.socketId = socketId;
        this.whenIdle = whenIdle;
    }

    /** Starts or queues a request and then keeps what it holds until it has ended; false when too many wait already. */
    boolean offer(ClientMessage.Create create, RequestMemory.Lease memory, Pass pass) {
        if (running == null) {
            start(new Waiting(create, memory, pass));
            return true;
        }
        return waiting.size() < services.config().sockets().waitingRequests()
                && waiting.offer(new Waiting(create, memory, pass));
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
        waiting.forEach(Waiting::release);
        waiting.clear();
        if (running != null) {
            running.abandon();
            running.log(socketId);
            running = null;
            release();
            services.observer().streamClosed(ResponsesRoute.PATH, true);
        }
    }

    private void start(Waiting next) {
        ClientMessage.Create create = next.create();
        held = next;
        RequestTrace trace = socketTrace.child();
        trace.generates("chat", create.generator().model());
        ResponseEvents events = new ResponseEvents(
                ResponseIds.next(), create.request(), create.generator().model(), services.clock());
        RunningResponse response = new RunningResponse(
                context, services.config().lookAhead(), events, outlet, next.memory(), trace, this::next);
        response.paidBy(next.pass());
        running = response;
        services.observer().streamOpened(ResponsesRoute.PATH);
        try {
            next.memory().take(RequestMemory.ofTokens(services.config().lookAhead(), 0));
            trace.observed(0, create.generator().generate(create.request().generation()))
                    .subscribe(response);
        } catch (Throwable fault) { // The lane would be taken for good.
            response.failToStart(fault);
        }
    }

    private void next() {
        if (running != null) {
            running.log(socketId);
        }
        lastEnded = running == null ? "" : running.id();
        running = null;
        release();
        services.observer().streamClosed(ResponsesRoute.PATH, false);
        Waiting next = waiting.poll();
        if (next == null) {
            whenIdle.run();
        } else {
            start(next);
        }
    }

    private void release() {
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
