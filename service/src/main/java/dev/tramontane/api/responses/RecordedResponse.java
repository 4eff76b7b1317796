package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.Recording;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Usage;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One response from its request to its end, and afterwards for as long as it is kept. It is written on the event loop that
 * it began on; what others ask of it is answered on any thread.
 */
public final class RecordedResponse extends Recording<GenerationEvent> {

    /** Why an answer ends though the model would go on. */
    public enum Stop {
        CANCELLED,
        STEERED,
        DRAINING
    }

    /** What happens to it besides its events. On its event loop. */
    public interface Watcher {
        /** More of it is kept. */
        default void grew() {}

        /**
         * It is over, and its last event is written. Called once.
         *
         * @param outcome completed, incomplete, cancelled, failed, or refused for one that never became a response
         * @param failure why, where it failed
         */
        void ended(String outcome, @Nullable ApiException failure);
    }

    /** Messages that may wait for an answer to stop. */
    private static final int MOST_STEERS = 8;

    private final ResponseCreate create;
    private final RequestMemory.Lease memory;
    private final Tally tally;
    private final String traceId;
    private final Watcher watcher;

    /** Guards the events, whose text and status others look at. */
    private final Object lock = new Object();

    private final ResponseEvents events;
    private int promptTokens;
    private int answerTokens;
    private volatile int textLength;
    private @Nullable Finished finish;
    private volatile boolean accepted;
    private volatile @Nullable ApiException failure;
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private boolean told;
    private final List<Steer> steers = new ArrayList<>();

    /**
     * @param home the event loop's context that it is written on
     * @param memory what it takes while it runs; given back by the watcher
     * @param tally counts its tokens
     * @param traceId of its request, for the log
     */
    public RecordedResponse(
            Context home,
            int lookAhead,
            Keeping keeping,
            ReplayLimits limits,
            ResponseCreate create,
            ResponseEvents events,
            RequestMemory.Lease memory,
            Tally tally,
            String traceId,
            Watcher watcher) {
        super(home, lookAhead, keeping, limits);
        this.create = create;
        this.events = events;
        this.memory = memory;
        this.tally = tally;
        this.traceId = traceId;
        this.watcher = watcher;
    }

    // ---- any thread

    public String id() {
        return events.id();
    }

    public ResponseCreate create() {
        return create;
    }

    /** Whether the engine has taken it: before that it is no response yet, and may still be refused. */
    public boolean isAccepted() {
        return accepted;
    }

    /** Why it failed or was refused, or null. */
    public @Nullable ApiException failure() {
        return failure;
    }

    /** Of {@code openai.types.responses.ResponseStatus}. */
    public String status() {
        synchronized (lock) {
            return events.status();
        }
    }

    /** The response's object as it is now. */
    public byte[] current() {
        synchronized (lock) {
            return events.current();
        }
    }

    /** The answer so far. */
    public String text() {
        synchronized (lock) {
            return events.text();
        }
    }

    /** Characters of the answer so far. */
    int textLength() {
        return textLength;
    }

    /** Comes when it is over and told to the watcher; never fails. */
    public Mono<Void> over() {
        return Mono.fromFuture(over, true);
    }

    /** Ends it where it is, soon; nothing when it has ended. */
    public void stop(Stop why) {
        atHome(() -> stopNow(why));
    }

    // ---- its event loop

    /** It never came to the generator. */
    public void failToStart(Throwable fault) {
        close();
        fail(fault);
    }

    /**
     * Takes words for what comes after it, and ends it where its readers have it: at a whole token and character, and not
     * before there is any text, since two turns of the user in a row are more than many layouts take.
     *
     * @throws ApiException whose code says why it takes none
     */
    public void steer(Steer steer) {
        if (create.onlyPrepares()) {
            throw ApiException.invalid(
                    400, "a response that generates nothing cannot be steered", "steering_not_supported");
        }
        if (steers.size() >= MOST_STEERS) {
            throw ApiException.invalid(
                    400,
                    MOST_STEERS + " messages wait for this answer to stop, as many as may; wait for its successor",
                    "too_many_pending_steers");
        }
        if (log().isOver() || isOver() || !accepted) {
            throw ApiException.invalid(400, "the answer has ended", "response_not_active");
        }
        steers.add(steer);
        append(() -> events.steerAccepted(steer));
        if (textLength > 0) {
            stopNow(Stop.STEERED);
        }
    }

    /** Words that it has taken. They are used when it has completed, or ended at a limit or for their sake. */
    public List<Steer> steers() {
        return List.copyOf(steers);
    }

    private void stopNow(Stop why) {
        if (log().isOver() || isOver()) {
            return;
        }
        close();
        if (!accepted) { // Nobody knows its id, so nobody is told of its end.
            log().fail(ApiException.unavailable("The answer was ended before it began", 0));
            tell("cancelled");
            return;
        }
        Usage usage = new Usage(promptTokens, 0, answerTokens);
        if (why == Stop.CANCELLED) {
            finishWith("cancelled", () -> events.cancelled(usage));
        } else {
            finishWith("incomplete", () -> events.incomplete(why == Stop.STEERED ? "steered" : "draining", usage));
        }
    }

    @Override
    protected void abandoned() {
        stopNow(Stop.CANCELLED);
    }

    @Override
    protected void write(GenerationEvent event) {
        tally.see(0, event);
        switch (event) {
            case Accepted admitted -> {
                accepted = true;
                promptTokens = admitted.promptIds().length;
                append(events::accepted);
            }
            case Scored unasked -> throw new IllegalStateException("a prompt was scored that nobody wanted scored");
            case Delta delta -> {
                answerTokens += delta.tokens().size();
                if (!delta.text().isEmpty()) {
                    memory.take(RequestMemory.ofText(delta.text().length())); // The last event repeats all of it.
                    append(() -> events.delta(delta.text()));
                    if (!steers.isEmpty()) {
                        stopNow(Stop.STEERED);
                    }
                }
            }
            case Finished last -> finish = last;
        }
    }

    @Override
    protected void flush() {} // Every event has gone to the log.

    @Override
    protected void end() {
        Finished last = finish;
        if (last == null) {
            fail(new IllegalStateException("a generation completed without its end"));
        } else if (create.onlyPrepares()) {
            finishWith("completed", () -> events.prepared(last.usage()));
        } else if (last.reason() != Reason.STOP) {
            String reason = last.reason() == Reason.DEADLINE ? "deadline_exceeded" : "max_output_tokens";
            finishWith("incomplete", () -> events.incomplete(reason, last.usage()));
        } else {
            finishWith("completed", () -> events.completed(last.usage()));
        }
    }

    @Override
    protected void fail(Throwable cause) {
        ApiException reported = ApiException.of(cause, traceId);
        failure = reported;
        if (accepted) {
            finishWith("failed", () -> events.failed(code(reported.status()), String.valueOf(reported.getMessage())));
        } else {
            log().fail(reported);
            tell("refused");
        }
    }

    @Override
    protected void abort() {
        log().fail(ApiException.of(new IllegalStateException("a response could not be ended"), traceId));
        tell("failed");
    }

    private void finishWith(String outcome, Supplier<List<ResponseEvents.Event>> last) {
        append(last);
        log().end();
        tell(outcome);
    }

    private void append(Supplier<List<ResponseEvents.Event>> more) {
        List<ResponseEvents.Event> made;
        synchronized (lock) {
            made = more.get();
            textLength = events.textLength();
        }
        made.forEach(event -> log().append(event.type(), event.json()));
        watcher.grew();
    }

    private void tell(String outcome) {
        if (!told) {
            told = true;
            try {
                watcher.ended(outcome, failure);
            } finally {
                over.complete(null);
            }
        }
    }

    /** The words of {@code openai.types.responses.ResponseError}. */
    private static String code(int status) {
        return status == 429 ? "rate_limit_exceeded" : status < 500 ? "invalid_prompt" : "server_error";
    }
}
