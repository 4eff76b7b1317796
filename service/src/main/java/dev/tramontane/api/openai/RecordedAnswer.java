package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.journal.Restoration;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.api.replay.Recording;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** A stream of a chat or a completion that can be read on where it was cut. Written on the event loop it began on. */
final class RecordedAnswer extends Recording<PromptEvent> implements Restoration.Restored {
    private static final String END_OF_EVENT = "\n\n";
    private static final byte[] NOTHING = {};

    private final ToldStream told;
    private final byte[] keepAlive;
    private final RequestMemory.Lease memory;
    private final long mostBytes;
    private final Tally tally;
    private final String traceId;
    private final Consumer<RecordedAnswer> afterwards;
    private boolean over;
    private final boolean restored;
    private final CompletableFuture<Void> taken = new CompletableFuture<>();

    /** Prompts that the engine has to take before the answer is one of this process's. */
    private int untaken;

    private volatile boolean whole;
    private long leased;

    /**
     * @param past what an earlier process has written
     * @param atOnce how many of what is left to generate are under way at a time
     * @param memory what is kept of it; the caller's to give back
     * @param tally counts its tokens
     * @param traceId of its request, for the log
     * @param afterwards told once that it is over; on its event loop
     */
    RecordedAnswer(
            Context home,
            int lookAhead,
            ReplayLimits limits,
            ToldStream told,
            PastEvents past,
            int atOnce,
            RequestMemory.Lease memory,
            Tally tally,
            String traceId,
            Consumer<RecordedAnswer> afterwards) {
        super(home, lookAhead, Keeping.RESUMABLE, limits, past);
        this.told = told;
        keepAlive = told.job().format().keepAlive();
        this.memory = memory;
        mostBytes = limits.bytes();
        this.tally = tally;
        this.traceId = traceId;
        this.afterwards = afterwards;
        restored = past.next() > 0;
        untaken = atOnce;
        takenIfAllAre();
    }

    // ---- any thread

    String id() {
        return told.id();
    }

    AnswerPath path() {
        return told.path();
    }

    /** An event that adds nothing. */
    byte[] keepAlive() {
        return keepAlive;
    }

    @Override
    public CompletableFuture<Void> taken() {
        return taken;
    }

    /** Whether it is here, and not still on its way from an earlier process's file. */
    boolean isHere() {
        return !restored || (taken.isDone() && !taken.isCompletedExceptionally());
    }

    /** Whether all its events are there. */
    boolean isWhole() {
        return whole;
    }

    /** All of it; nothing is written meanwhile. */
    StreamSnapshot snapshot() {
        return new StreamSnapshot(told, log().past(), isWhole());
    }

    /**
     * The events after this number as they are sent, those to come included; each says its number behind the answer's id.
     */
    Flux<byte[]> frames(long startingAfter) {
        return read(startingAfter).map(this::frame);
    }

    /** What was written without a word says only that the request was admitted. */
    private byte[] frame(LoggedEvent event) {
        return event.json().isEmpty()
                ? NOTHING
                : ("id: " + id() + ":" + event.number() + "\n" + event.json() + END_OF_EVENT)
                        .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Has it go on elsewhere: once it has been written down its readers are told that, and how to go on. What cannot go on is left
     * to end with its engine.
     *
     * @param write writes it; told whether that was done
     * @return comes when all is told; never fails
     */
    CompletableFuture<Void> suspend(Function<StreamSnapshot, Future<Boolean>> write, long limitMillis) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        atHome(() -> {
            if (log().isOver() || isOver()) {
                done.complete(null);
            } else if (!isHere()) { // Its file is anybody's again.
                failToStart(leaving());
                done.complete(null);
            } else if (!told.canGoOn()) {
                done.complete(null);
            } else {
                if (log().next() == 0) {
                    append(""); // Not even admitted: there has to be an event to go on after.
                }
                handOver(() -> write.apply(snapshot()), limitMillis, written -> {
                    if (written) {
                        log().suspend("", StreamNotice.of(id(), log().next() - 1));
                        tellThatItIsOver();
                    } else {
                        fail(leaving());
                    }
                    done.complete(null);
                });
            }
        });
        return done;
    }

    private static ApiException leaving() {
        return ApiException.unavailable("The server stopped this generation because it shuts down.", 0);
    }

    // ---- its event loop

    @Override
    public void failToStart(Throwable fault) {
        close();
        fail(fault);
    }

    /** Until the engine has taken it again nobody can find it, so nobody reads. */
    @Override
    protected boolean mustBegin() {
        return !isHere();
    }

    /** Several events are numbered one by one: a connection may be cut between them. */
    @Override
    protected void write(PromptEvent event) {
        boolean again = told.isAcceptedAgain(event);
        if (!again) {
            tally.see(event.prompt(), event.event());
            memory.take(RequestMemory.ofIds(1
                    + (event.event() instanceof Delta delta ? 2 * delta.tokens().size() : 0)));
            appendAll(told.tell(event));
        }
        if (event.event() instanceof Accepted) {
            untaken--;
            takenIfAllAre();
        }
    }

    private void takenIfAllAre() {
        if (untaken == 0) {
            taken.complete(null);
        }
    }

    private void appendAll(byte[] frame) {
        String events = new String(frame, StandardCharsets.UTF_8);
        if (events.isEmpty()) {
            append("");
        }
        int from = 0;
        for (int end = events.indexOf(END_OF_EVENT); end >= 0; end = events.indexOf(END_OF_EVENT, from)) {
            append(events.substring(from, end));
            from = end + END_OF_EVENT.length();
        }
    }

    private void append(String event) {
        log().append("", event);
        long bytes = RequestMemory.ofText(event.length());
        if (leased < mostBytes) {
            if (memory.grow(bytes)) {
                leased += bytes;
            } else {
                log().forget(); // Who reads it is not concerned; who would come back is told.
            }
        }
    }

    @Override
    protected void flush() {} // Every event has gone to the log.

    @Override
    protected void end() {
        appendAll(told.job().format().last());
        wasOver();
    }

    /** There is no more of it. */
    void wasOver() {
        whole = true;
        log().end();
        tellThatItIsOver();
    }

    /** However it ends: what fails while it is ended has ended, too. */
    private void tellThatItIsOver() {
        if (!over) {
            over = true;
            afterwards.accept(this);
        }
    }

    @Override
    protected void fail(Throwable cause) {
        ApiException why = ApiException.of(cause, traceId);
        taken.completeExceptionally(why);
        log().fail(why);
        tellThatItIsOver();
    }

    @Override
    protected void abort() {
        fail(new IllegalStateException("an answer could not be ended"));
    }

    @Override
    protected void abandoned() {
        close();
        fail(new ApiException(
                410,
                "invalid_request_error",
                "Nobody read this answer in time, so it was ended; send the request again without "
                        + EventStream.LAST_EVENT_ID,
                null,
                "answer_abandoned",
                0));
    }
}
