package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.responses.Item;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.RecordedResponses;
import dev.tramontane.api.responses.ResponseCreate;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.Steer;
import dev.tramontane.api.responses.StoreEntry;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers one request at a time, first in, first out, as OpenAI does for one {@code stream_id}. Words that steer an
 * answer are what its lane answers next. Event loop only.
 */
final class Lane {
    private final LaneServices services;
    private final String name;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable Running running;
    private boolean wantsPlace;
    private boolean closed;

    /** The one that ended last. */
    private @Nullable RecordedResponse last;

    /** Words for it that wait for what its tools say. */
    private @Nullable PendingSteers pending;

    /** A request, and what it holds. */
    private record Waiting(ClientMessage.Create create, RequestMemory.Lease memory, Pass pass) {
        void release() {
            memory.release();
            pass.close();
        }
    }

    /** An answer under way, the request that it answers, and the words that it is the answer to. */
    private record Running(
            ClientMessage.Create create,
            RecordedResponse response,
            Answer answer,
            Feed feed,
            @Nullable RecordedResponse predecessor,
            List<Steer> steers) {}

    Lane(LaneServices services, String name) {
        this.services = services;
        this.name = name;
    }

    /** Starts or queues a request and then keeps what it holds until it has ended; false when too many wait already. */
    boolean offer(ClientMessage.Create create, RequestMemory.Lease memory, Pass pass) {
        // The first that waits for a place has none before it.
        int ahead = waiting.size() - (running == null && wantsPlace ? 1 : 0);
        if (!isIdle() && ahead >= services.limits().waitingRequests()) {
            return false;
        }
        waiting.add(new Waiting(create, memory, pass));
        if (running == null && !wantsPlace) {
            wantPlace();
        }
        return true;
    }

    /** Whether no answer is under way, and none waits. */
    boolean isIdle() {
        return running == null && waiting.isEmpty();
    }

    /** Ends the running answer if it has this id; false when neither it nor the one before has. */
    boolean cancel(String id) {
        RecordedResponse current = underWay(id);
        if (current != null) {
            current.stop(RecordedResponse.Stop.CANCELLED);
            return true;
        }
        return ended(id) != null; // It ended while the request to cancel was on its way.
    }

    /** Lets so many more events of the running answer go if it has this id; false likewise. */
    boolean demand(String id, long events) {
        Running current = running;
        if (current != null && underWay(id) != null) {
            current.feed().demand(events);
            return true;
        }
        return ended(id) != null;
    }

    /** The answer under way if it has this id, and the client can know of it. */
    @Nullable
    RecordedResponse underWay(String id) {
        RecordedResponse current = running == null ? null : running.response();
        return current != null && current.isAccepted() && current.id().equals(id) ? current : null;
    }

    /** The answer that ended last if it has this id. */
    @Nullable
    RecordedResponse ended(String id) {
        return last != null && last.id().equals(id) ? last : null;
    }

    /**
     * Has the answer under way go on with these words.
     *
     * @param characters of the words
     * @throws ApiException when they cannot be taken
     */
    void steer(Steer steer, int characters) {
        if (running == null) {
            throw new IllegalStateException("an answer is steered that is not under way");
        }
        running.answer().memory().take(RequestMemory.ofBody(characters));
        running.response().steer(steer);
    }

    /** The socket is gone. Answers that may be resumed wait for somebody to do so; the others end. */
    void abandon() {
        closed = true;
        waiting.forEach(Waiting::release);
        waiting.clear();
        forgetPending();
        Running current = running;
        if (current != null) {
            running = null;
            current.answer().readerLeft(true);
            current.feed().close();
            services.socket().observer().streamClosed(ResponsesRoute.PATH, true);
        }
    }

    private void wantPlace() {
        wantsPlace = true;
        services.places().take(this::begin);
    }

    /** There is a place for this lane's next. */
    private void begin() {
        wantsPlace = false;
        Waiting next = waiting.poll();
        if (next == null) { // The lane is closed.
            services.places().giveBack();
            return;
        }
        ClientMessage.Create create;
        try {
            create = led(next.create().after(services.parents(), services.socket()));
        } catch (Throwable refused) {
            next.release();
            refuse(next.create().request().talk().previous(), refused);
            goOn();
            return;
        }
        start(new Waiting(create, next.memory(), next.pass()), null, List.of());
    }

    /** The request with the words that wait for it; where it goes on from something else, they are given back. */
    private ClientMessage.Create led(ClientMessage.Create create) {
        PendingSteers waiting = pending;
        if (waiting == null) {
            return create;
        }
        if (waiting.isFor(create.request().talk().previous())) {
            return create.with(create.request().led(waiting.steers(), mostMessages()));
        }
        giveBack(
                waiting.answer(),
                waiting.steers(),
                "successor_creation_failed",
                "the lane goes on without what its tools were to say");
        forgetPending();
        return create;
    }

    private void forgetPending() {
        PendingSteers waiting = pending;
        if (waiting != null) {
            waiting.release();
            pending = null;
        }
    }

    private int mostMessages() {
        return services.socket().config().requests().messages();
    }

    private void start(Waiting next, @Nullable RecordedResponse predecessor, List<Steer> steers) {
        ResponseServices socket = services.socket();
        ClientMessage.Create create = next.create();
        ResponseCreate request = create.request();
        RequestTrace trace = services.trace().child();
        trace.generates("chat", create.generator().model());
        StoreEntry entry = new StoreEntry(socket.store(), services.tenant());
        Answer answer = new Answer(services.socketId(), trace, next.memory(), next.pass(), entry);
        RecordedResponse response = RecordedResponses.of(
                socket, services.context(), request, create.generator(), next.memory(), answer.tally(), trace, answer);
        Feed feed = new Feed(services.context(), response, name, create.demand(), services.turns(), this::over);
        running = new Running(create, response, answer, feed, predecessor, steers);
        socket.observer().streamOpened(ResponsesRoute.PATH);
        response.read(-1).subscribe(feed);
        try {
            answer.is(response);
            next.memory().take(RequestMemory.ofTokens(socket.config().lookAhead(), 0));
            response.begin(trace.observed(0, create.generator().generate(request.generation())));
        } catch (Throwable fault) { // The lane would be taken for good.
            response.failToStart(fault);
        }
    }

    /** The socket has all of the running answer. */
    private void over(@Nullable Throwable failure) {
        Running ended = running;
        if (ended == null || closed) {
            return;
        }
        running = null;
        RecordedResponse response = ended.response();
        services.socket().observer().streamClosed(ResponsesRoute.PATH, false);
        if (failure != null && ended.predecessor() != null) {
            giveBack(ended.predecessor(), ended.steers(), "successor_creation_failed", messageOf(failure));
        } else if (failure != null) {
            refuse(response.create().talk().previous(), failure);
        } else {
            if (pending != null && pending.isFor(response.create().talk().previous())) {
                forgetPending();
            }
            last = response;
            services.parents().ended(name, response);
        }
        if (failure != null || response.steers().isEmpty() || !succeed(ended)) {
            ended.answer().readerLeft(false);
            goOn();
        }
    }

    /** The place is the next one's. */
    private void goOn() {
        if (closed) {
            return;
        }
        services.places().giveBack();
        if (running == null && !waiting.isEmpty() && !wantsPlace) {
            wantPlace();
        } else if (isIdle()) {
            services.whenIdle().run();
        }
    }

    /** Goes on with what was said to the answer while it ran, with all that it held; false when that cannot be. */
    private boolean succeed(Running ended) {
        RecordedResponse response = ended.response();
        String status = response.status();
        if (!status.equals("completed") && !status.equals("incomplete")) {
            giveBack(response, response.steers(), "response_not_active", "the answer is " + status);
            return false;
        }
        List<Item.Call> owed = response.owed();
        if (!owed.isEmpty()) {
            await(response, owed);
            return false;
        }
        ClientMessage.Create successor;
        try {
            successor =
                    ended.create().with(ended.create().request().steered(response, response.steers(), mostMessages()));
        } catch (Throwable fault) {
            giveBack(response, response.steers(), "successor_creation_failed", messageOf(fault));
            return false;
        }
        Answer before = ended.answer();
        before.handOver();
        before.readerLeft(false);
        start(new Waiting(successor, before.memory(), before.pass()), response, response.steers());
        return true;
    }

    /** Keeps what was said to the answer until the client has sent what its tools say. */
    private void await(RecordedResponse response, List<Item.Call> owed) {
        PendingSteers waiting;
        try {
            waiting = PendingSteers.of(response, services.socket().memory());
        } catch (Throwable fault) {
            giveBack(response, response.steers(), "successor_creation_failed", messageOf(fault));
            return;
        }
        pending = waiting;
        long number = response.log().next();
        for (Steer steer : waiting.steers()) {
            services.outlet().send(StreamId.mark(name, steer.pending(number++, owed)));
        }
    }

    private String messageOf(Throwable failure) {
        return String.valueOf(ApiException.of(failure, services.trace().id()).getMessage());
    }

    private void giveBack(RecordedResponse response, List<Steer> steers, String code, String why) {
        long number = response.log().next();
        for (Steer steer : steers) {
            services.outlet().send(StreamId.mark(name, steer.failed(number++, code, why)));
        }
    }

    /** A request did not become a response. What it went on from is not kept for this lane any more, as at OpenAI. */
    private void refuse(@Nullable String previous, Throwable failure) {
        services.parents().failed(name, previous);
        services.outlet().refuse(name, ApiException.of(failure, services.trace().id()));
    }
}
