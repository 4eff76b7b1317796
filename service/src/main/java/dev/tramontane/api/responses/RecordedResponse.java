package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.Restoration;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.api.replay.Recording;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One response from its request to its end, and afterwards for as long as it is kept. It is written on the event loop that
 * it began on; what others ask of it is answered on any thread.
 */
public final class RecordedResponse extends Recording<GenerationEvent> implements Restoration.Restored {

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

    private final ResponseCreate create;
    private final RequestMemory.Lease memory;
    private final Tally tally;
    private final String traceId;
    private final ResponseContent content;
    private final ResponseCourse course;
    private final boolean restored;
    private final Steers steers = new Steers();
    private @Nullable Finished finish;

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
        this(
                home,
                lookAhead,
                keeping,
                limits,
                PastEvents.NONE,
                create,
                new ResponseContent(events),
                memory,
                tally,
                traceId,
                watcher);
    }

    /** @param past what an earlier process has told of it; nothing for a new one */
    RecordedResponse(
            Context home,
            int lookAhead,
            Keeping keeping,
            ReplayLimits limits,
            PastEvents past,
            ResponseCreate create,
            ResponseContent content,
            RequestMemory.Lease memory,
            Tally tally,
            String traceId,
            Watcher watcher) {
        super(home, lookAhead, keeping, limits, past);
        restored = past.next() > 0;
        this.create = create;
        this.content = content;
        this.memory = memory;
        this.tally = tally;
        this.traceId = traceId;
        course = new ResponseCourse(watcher);
    }

    /** An earlier process has told all of it. Before anybody knows it. */
    void wasOver() {
        log().end();
        course.wasOver();
    }

    // ---- any thread

    public String id() {
        return content.id();
    }

    public ResponseCreate create() {
        return create;
    }

    /** Whether the engine has taken it: before that it is no response yet, and may still be refused. */
    public boolean isAccepted() {
        return course.isAccepted();
    }

    /** Why it failed or was refused, or null. */
    public @Nullable ApiException failure() {
        return course.failure();
    }

    /** Of {@code openai.types.responses.ResponseStatus}. */
    public String status() {
        return content.status();
    }

    /** The response's object as it is now. */
    public byte[] current() {
        return content.current();
    }

    /** What the answer has said so far. A call that its end cut is not whole. */
    List<Item> said() {
        return content.said();
    }

    /** Calls that wait for what their tools say; none while it is under way. */
    public List<Item.Call> owed() {
        return hasEnded()
                ? said().stream()
                        .filter(Item.Call.class::isInstance)
                        .map(Item.Call.class::cast)
                        .filter(Item.Call::whole)
                        .toList()
                : List.of();
    }

    /** Ids of the tokens that were computed: the prompt's, and of the answer those whose text has been told. */
    public int[] ids() {
        return content.ids();
    }

    /** Bytes of heap that the answer and these take. */
    long weight() {
        return content.extent().bytes() + content.idsWeight();
    }

    /** Comes when it is over and told to the watcher; never fails. */
    public Mono<Void> over() {
        return course.over();
    }

    @Override
    public CompletableFuture<Void> taken() {
        return course.taken();
    }

    /** Whether all its events are there. */
    boolean hasEnded() {
        return log().isOver();
    }

    /** All of it at this moment. */
    ResponseSnapshot snapshot() {
        return content.snapshot(create, log());
    }

    /**
     * Has it go on elsewhere: it is stopped at a whole token and character, and once it has been written down its readers are
     * told where to go on. Where it could not be written, or not in time, it ends as {@link Stop#DRAINING}.
     *
     * @param write writes it; told whether that was done
     * @return comes when it is over; never fails
     */
    CompletableFuture<Void> suspend(Function<ResponseSnapshot, Future<Boolean>> write, long limitMillis) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        atHome(() -> {
            if (log().isOver() || isOver() || !isAccepted() || create.onlyPrepares()) {
                stopNow(Stop.DRAINING);
                done.complete(null);
                return;
            }
            handOver(() -> write.apply(snapshot()), limitMillis, written -> suspended(written, done));
        });
        return done;
    }

    private void suspended(boolean elsewhere, CompletableFuture<Void> done) {
        if (!elsewhere) {
            end(Stop.DRAINING);
        } else if (!log().isOver()) {
            ResponseEvents.Event notice = content.suspended();
            log().suspend(notice.type(), notice.json());
            course.tell("incomplete");
        }
        done.complete(null);
    }

    /** Ends it where it is, soon; nothing when it has ended. */
    public void stop(Stop why) {
        atHome(() -> stopNow(why));
    }

    // ---- its event loop

    @Override
    public void failToStart(Throwable fault) {
        close();
        fail(fault);
    }

    /**
     * Takes words for what comes after it, and ends it where its readers have it: at a whole token and character, and not
     * before the user was told anything, since two of his turns in a row are more than many layouts take. One that calls
     * tools goes on to its end: half a call is of no use, and what follows waits for what the tools say.
     *
     * @throws ApiException whose code says why it takes none
     */
    public void steer(Steer steer) {
        steers.take(steer, create, log().isOver() || isOver() || !isAccepted());
        add(events -> events.steerAccepted(steer));
        if (content.extent().mayStop()) {
            stopNow(Stop.STEERED);
        }
    }

    /** Words that it has taken. They are used when it has completed, or ended at a limit or for their sake. */
    public List<Steer> steers() {
        return steers.all();
    }

    private void stopNow(Stop why) {
        if (log().isOver() || isOver()) {
            return;
        }
        close();
        if (!isAccepted()) { // Nobody knows its id, so nobody is told of its end.
            refuse(ApiException.unavailable("The answer was ended before it began", 0), "cancelled");
            return;
        }
        end(why);
    }

    private void end(Stop why) {
        if (log().isOver()) {
            return;
        }
        finishWith(ResponseEnding.of(why, content.usage()));
    }

    /** Until the engine has taken it again nobody can find it, so nobody reads. */
    @Override
    protected boolean mustBegin() {
        return restored && !isAccepted();
    }

    @Override
    protected void abandoned() {
        stopNow(Stop.CANCELLED);
    }

    @Override
    protected void write(GenerationEvent event) {
        if (!(restored && event instanceof Accepted)) { // Its prompt was paid for where it began.
            tally.see(0, event);
        }
        switch (event) {
            case Accepted admitted -> {
                course.accepted();
                if (!restored) {
                    tell(content.accepted(admitted.promptIds()));
                }
                course.tellTaken();
            }
            case Scored unasked -> throw new IllegalStateException("a prompt was scored that nobody wanted scored");
            case Delta delta -> {
                memory.take(RequestMemory.ofText(delta.text().length()) // The last event repeats all of it.
                        + 2 * RequestMemory.ofIds(delta.tokens().size())); // Here, and where they are generated.
                tell(content.delta(delta));
                if (!steers.isEmpty() && content.extent().mayStop()) {
                    stopNow(Stop.STEERED);
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
        } else {
            finishWith(ResponseEnding.of(last, create));
        }
    }

    @Override
    protected void fail(Throwable cause) {
        ApiException reported = ApiException.of(ResponseRefusals.named(cause), traceId);
        if (isAccepted()) {
            course.failed(reported);
            finishWith(ResponseEnding.failed(reported));
        } else {
            refuse(reported, "refused");
        }
    }

    private void refuse(ApiException why, String outcome) {
        course.failed(why);
        log().fail(why);
        course.tell(outcome);
    }

    @Override
    protected void abort() {
        log().fail(ApiException.of(new IllegalStateException("a response could not be ended"), traceId));
        course.tell("failed");
    }

    private void finishWith(ResponseEnding ending) {
        add(ending.last());
        log().end();
        course.tell(ending.outcome());
    }

    private void add(Function<ResponseEvents, List<ResponseEvents.Event>> more) {
        tell(content.add(more));
    }

    private void tell(List<ResponseEvents.Event> made) {
        made.forEach(event -> log().append(event.type(), event.json()));
        course.grew();
    }
}
