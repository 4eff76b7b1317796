package dev.tramontane.api.ws;

import dev.tramontane.api.AccessLog;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.PacedSubscriber;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.responses.ResponseEvents;
import dev.tramontane.api.responses.ResponseEvents.Event;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Usage;
import io.vertx.core.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One answer on its way from the generator to the socket, at the reader's pace. Event loop only. */
final class RunningResponse extends PacedSubscriber<GenerationEvent> {

    /** Where events go. */
    interface Outlet {
        void send(String event);

        /** A request that failed before it became a response. */
        void refuse(ApiException refusal);

        /** Whether more would only pile up. */
        boolean isFull();

        /** Cuts the connection. */
        void cut();
    }

    private final ResponseEvents events;
    private final Outlet outlet;
    private final RequestMemory.Lease memory;
    private final RequestTrace trace;
    private final Runnable afterwards;
    private final Tally tally = new Tally();
    private int promptTokens;
    private int answerTokens;
    private @Nullable Finished finish;
    private boolean accepted;
    private String outcome = "disconnected";
    private @Nullable ApiException failure;

    /** @param afterwards run once the last event has been sent, unless the response was abandoned */
    RunningResponse(
            Context context,
            int lookAhead,
            ResponseEvents events,
            Outlet outlet,
            RequestMemory.Lease memory,
            RequestTrace trace,
            Runnable afterwards) {
        super(context, lookAhead);
        this.events = events;
        this.outlet = outlet;
        this.memory = memory;
        this.trace = trace;
        this.afterwards = afterwards;
    }

    String id() {
        return events.id();
    }

    /** Whoever asked pays for it. */
    void paidBy(Pass pass) {
        tally.paidBy(pass);
    }

    /** How it ended, and why where it failed, for the access log and its trace. */
    void log(String socket) {
        int status = failure == null ? 200 : failure.status();
        @Nullable
        String error = failure != null ? AccessLog.word(failure) : outcome.equals("disconnected") ? outcome : null;
        trace.ended(events.id(), "SOCKET", ResponsesRoute.PATH, status, error, tally);
        AccessLog.response(socket, trace, ResponsesRoute.PATH, events.id(), outcome, failure, tally);
    }

    /** Whether the client knows of it: nobody can cancel what has not told its id. */
    boolean isAccepted() {
        return accepted;
    }

    /** The socket's write queue has room again. */
    void drained() {
        resume();
    }

    /** Ends the answer where the client has it, and says so. */
    void cancelByClient() {
        close();
        outcome = "cancelled";
        finishWith(events.cancelled(new Usage(promptTokens, 0, answerTokens)));
    }

    /** It never came to the generator. */
    void failToStart(Throwable fault) {
        close();
        fail(fault);
    }

    /** Nobody listens any more. */
    void abandon() {
        close();
    }

    @Override
    protected boolean isFull() {
        return outlet.isFull();
    }

    @Override
    protected void write(GenerationEvent event) {
        tally.see(0, event);
        switch (event) {
            case Accepted admitted -> {
                accepted = true;
                promptTokens = admitted.promptIds().length;
                events.accepted().forEach(each -> outlet.send(each.json()));
            }
            case Scored unasked -> throw new IllegalStateException("a prompt was scored that nobody wanted scored");
            case Delta delta -> {
                answerTokens += delta.tokens().size();
                if (!delta.text().isEmpty()) {
                    memory.take(RequestMemory.ofText(delta.text().length())); // The last event repeats all of it.
                    events.delta(delta.text()).forEach(each -> outlet.send(each.json()));
                }
            }
            case Finished last -> finish = last;
        }
    }

    @Override
    protected void flush() {} // Every event is a message of its own and has gone out.

    @Override
    protected void end() {
        Finished last = finish;
        if (last == null) {
            fail(new IllegalStateException("a generation completed without its end"));
        } else if (last.reason() == Reason.LENGTH) {
            outcome = "incomplete";
            finishWith(events.incomplete("max_output_tokens", last.usage()));
        } else {
            outcome = "completed";
            finishWith(events.completed(last.usage()));
        }
    }

    @Override
    protected void fail(Throwable cause) {
        ApiException reported = ApiException.of(cause, trace.id());
        failure = reported;
        outcome = accepted ? "failed" : "refused";
        if (accepted) {
            finishWith(events.failed(code(reported.status()), String.valueOf(reported.getMessage())));
        } else {
            try {
                outlet.refuse(reported);
            } finally {
                afterwards.run();
            }
        }
    }

    @Override
    protected void abort() {
        outlet.cut();
    }

    private void finishWith(List<Event> last) {
        try {
            last.forEach(event -> outlet.send(event.json()));
        } finally {
            afterwards.run();
        }
    }

    /** The words of {@code openai.types.responses.ResponseError}. */
    private static String code(int status) {
        return status == 429 ? "rate_limit_exceeded" : status < 500 ? "invalid_prompt" : "server_error";
    }
}
