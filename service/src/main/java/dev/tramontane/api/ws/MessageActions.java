package dev.tramontane.api.ws;

import dev.tramontane.api.AccessLog;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.Steer;
import org.jspecify.annotations.Nullable;

/** What a client's messages do. A bad one is answered by an event, and ends no answer under way. Event loop only. */
final class MessageActions implements IncomingMessages.Taker {
    private final ResponseServices services;
    private final Connection connection;
    private final SocketLife life;
    private final Lanes lanes;
    private final String id;
    private final RequestTrace trace;
    private final Caller caller;

    /**
     * @param id of the request that opened the socket
     * @param trace likewise
     * @param caller who opened it
     */
    MessageActions(
            ResponseServices services,
            Connection connection,
            SocketLife life,
            Lanes lanes,
            String id,
            RequestTrace trace,
            Caller caller) {
        this.services = services;
        this.connection = connection;
        this.life = life;
        this.lanes = lanes;
        this.id = id;
        this.trace = trace;
        this.caller = caller;
    }

    /** The memory is its lane's from here on, or given back. */
    @Override
    public void take(ClientMessage message, RequestMemory.Lease memory) {
        String lane = switch (message) {
            case ClientMessage.Create create -> create.lane();
            case ClientMessage.Wrong wrong -> wrong.lane();
            default -> StreamId.DEFAULT;
        };
        try {
            if (message instanceof ClientMessage.Create create) {
                create(create, memory);
                return;
            }
            memory.release();
            act(message);
        } catch (Throwable refused) {
            memory.release();
            reply(lane, ApiException.of(refused, trace.id()));
        }
    }

    private void create(ClientMessage.Create create, RequestMemory.Lease memory) {
        if (!mayAsk()) {
            memory.release();
            return;
        }
        Pass pass = caller.begin();
        try {
            lanes.create(create.of(caller.tenant()), memory, pass);
        } catch (Throwable refused) {
            pass.close();
            lanes.parents().failed(create.lane(), create.request().talk().previous());
            throw refused;
        }
    }

    /** Counts a request; false when the caller has been shown out. */
    private boolean mayAsk() {
        life.takeRequest();
        if (!caller.isWelcome()) {
            connection.close(CloseCode.POLICY, "the API key is not valid any more");
            return false;
        }
        caller.takeRequest();
        return true;
    }

    private void act(ClientMessage message) {
        switch (message) {
            case ClientMessage.Create create -> throw new IllegalStateException("a request has its own way");
            case ClientMessage.Wrong(String lane, @Nullable String previous, Throwable cause) -> {
                lanes.parents().failed(lane, previous);
                throw ApiException.of(cause, trace.id());
            }
            case ClientMessage.Cancel(String responseId) -> lanes.cancel(responseId);
            case ClientMessage.Demand(String responseId, long events) -> lanes.demand(responseId, events);
            case ClientMessage.Resume resume -> {
                if (mayAsk()) {
                    lanes.resume(resume);
                }
            }
            case ClientMessage.BadSteering(Steer steer, String why) -> refuse(steer, "invalid_input", why);
            case ClientMessage.Steering(Steer steer, int characters) -> steer(steer, characters);
        }
    }

    private void steer(Steer steer, int characters) {
        try {
            if (mayAsk()) {
                lanes.steer(steer, characters);
            }
        } catch (ApiException refused) {
            refuse(steer, refused.reason(), String.valueOf(refused.getMessage()));
        }
    }

    /** An answer to a single message, for the default lane or the one it named. */
    private void reply(String lane, ApiException failure) {
        if (connection.owesReply()) {
            connection.refuse(lane, failure);
            AccessLog.response(id, trace, ResponsesRoute.PATH, "", "refused", failure, new Tally());
        }
    }

    private void refuse(Steer steer, String code, String why) {
        if (connection.owesReply()) {
            services.observer().refused(code);
            connection.send(lanes.refusal(steer, code, why));
        }
    }
}
