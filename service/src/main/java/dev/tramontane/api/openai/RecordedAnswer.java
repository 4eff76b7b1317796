package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.Recording;
import dev.tramontane.api.replay.ReplayLimits;
import io.vertx.core.Context;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;

/** A stream of a chat or a completion that can be read on where it was cut. Written on the event loop it began on. */
final class RecordedAnswer extends Recording<byte[]> {
    private static final String END_OF_EVENT = "\n\n";
    private static final byte[] NOTHING = {};

    private final String id;
    private final String path;
    private final byte[] keepAlive;
    private final RequestMemory.Lease memory;
    private final long mostBytes;
    private final String traceId;
    private final Runnable afterwards;
    private long leased;

    /**
     * @param id of the answer
     * @param path of the request
     * @param memory what is kept of it; the caller's to give back
     * @param traceId of its request, for the log
     * @param afterwards run once it is over; on its event loop
     */
    RecordedAnswer(
            Context home,
            int lookAhead,
            ReplayLimits limits,
            String id,
            String path,
            byte[] keepAlive,
            RequestMemory.Lease memory,
            String traceId,
            Runnable afterwards) {
        super(home, lookAhead, Keeping.RESUMABLE, limits);
        this.id = id;
        this.path = path;
        this.keepAlive = keepAlive;
        this.memory = memory;
        mostBytes = limits.bytes();
        this.traceId = traceId;
        this.afterwards = afterwards;
    }

    String id() {
        return id;
    }

    String path() {
        return path;
    }

    /** An event that adds nothing. Any thread. */
    byte[] keepAlive() {
        return keepAlive;
    }

    /**
     * The events after this number as they are sent, those to come included; each says its number behind the answer's id.
     * Any thread.
     */
    Flux<byte[]> frames(long startingAfter) {
        return read(startingAfter).map(this::frame);
    }

    /** What was written without a word says only that the request was admitted. */
    private byte[] frame(LoggedEvent event) {
        return event.json().isEmpty()
                ? NOTHING
                : ("id: " + id + ":" + event.number() + "\n" + event.json() + END_OF_EVENT)
                        .getBytes(StandardCharsets.UTF_8);
    }

    /** Several events are numbered one by one: a connection may be cut between them. */
    @Override
    protected void write(byte[] frame) {
        memory.take(RequestMemory.ofIds(1)); // An event tells a token, seldom two: the estimate is twice one's size.
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
        log().end();
        afterwards.run();
    }

    @Override
    protected void fail(Throwable cause) {
        log().fail(ApiException.of(cause, traceId));
        afterwards.run();
    }

    @Override
    protected void abort() {
        fail(new IllegalStateException("an answer could not be ended"));
    }

    /** It could not be begun. */
    void failToStart(Throwable fault) {
        close();
        fail(fault);
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
