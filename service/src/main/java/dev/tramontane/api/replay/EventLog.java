package dev.tramontane.api.replay;

import dev.tramontane.api.ApiException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/**
 * The events of one answer, numbered from 0, for any number of readers. It may begin at a later number: where those before
 * are in another process's log, and went with it. Each reader has a place and a demand of its own;
 * what the furthest of them wants is what {@link #wanted} tells the writer. Events that the furthest reader has taken
 * are kept up to a bound of bytes; a reader who wants one that was dropped is told so, and never given the next one in
 * its place.
 *
 * <p>One thread writes. Readers come from any thread: each is served on the thread that writes or on the one that asks
 * for more, never on two at a time, and with no lock held.
 */
public final class EventLog {

    /** Who writes. Called with no lock held, on the thread of the reader concerned. */
    public interface Writer {
        /** A reader wants more than any before. */
        void wanted();

        /** A reader has come. */
        void attached();

        /** The last reader has left. */
        void deserted();
    }

    /** The error's code for events that are not kept any more. */
    public static final String DROPPED = "events_expired";

    private final int mostReaders;
    private final Writer writer;

    /** Guards what follows. */
    private final Object lock = new Object();

    private final KeptEvents kept;
    private final List<LogReader> readers = new ArrayList<>();
    private boolean ended;
    private @Nullable Throwable failure;

    /** What readers are told at the end that is no event of the answer. */
    private @Nullable LoggedEvent notice;

    /** Numbers below this are wanted by some reader; 0 when there is none. */
    private volatile long wanted;

    private volatile long next;

    /** @param bytes of events that are kept after the furthest reader has taken them */
    public EventLog(long bytes, int readers, Writer writer) {
        this(bytes, readers, writer, PastEvents.NONE);
    }

    /** @param past what was written of the answer before */
    EventLog(long bytes, int readers, Writer writer, PastEvents past) {
        mostReaders = readers;
        this.writer = writer;
        next = past.next();
        kept = new KeptEvents(bytes, past);
    }

    // ---- the writer

    /** The number that the next event will have: as many as there were. Any thread. */
    public long next() {
        return next;
    }

    /** Events with numbers below this are wanted by now. Any thread. */
    public long wanted() {
        return wanted;
    }

    /** Adds the next event. */
    public void append(String type, String json) {
        synchronized (lock) {
            if (ended) {
                throw new IllegalStateException("an event after the end");
            }
            kept.add(new LoggedEvent(next, type, json));
            next++;
        }
        serve();
        trim();
    }

    /** There are no more. */
    public void end() {
        finish(null, null);
    }

    /**
     * There are no more here, but elsewhere there will be: readers who have taken all are told this, and then that it is
     * over. It is no event of the answer, so it has the number of the last one, after which to go on.
     */
    public void suspend(String type, String json) {
        finish(null, new LoggedEvent(next - 1, type, json));
    }

    /** The events that are kept, and their numbers: what a log elsewhere goes on from. Any thread. */
    public PastEvents past() {
        synchronized (lock) {
            return kept.past();
        }
    }

    /** There are no more, and readers who have taken all are told why. */
    public void fail(Throwable cause) {
        finish(cause, null);
    }

    private void finish(@Nullable Throwable cause, @Nullable LoggedEvent last) {
        synchronized (lock) {
            if (ended) {
                return;
            }
            ended = true;
            failure = cause;
            notice = last;
        }
        serve();
        trim();
    }

    private void serve() {
        List<LogReader> now;
        synchronized (lock) {
            now = List.copyOf(readers);
        }
        now.forEach(LogReader::serve);
    }

    /** Tells readers who can say so that there is nothing yet because the model is being loaded. */
    void waits(String model, int percent) {
        List<LogReader> now;
        synchronized (lock) {
            now = List.copyOf(readers);
        }
        now.forEach(reader -> reader.waits(model, percent));
    }

    /** Drops what is above the bound and has been taken by the furthest reader; everything may go where there is none. */
    private void trim() {
        synchronized (lock) {
            long taken = readers.isEmpty() ? next : 0;
            for (LogReader reader : readers) {
                taken = Math.max(taken, reader.place());
            }
            kept.trim(taken);
        }
    }

    /** Keeps no more of what readers have taken: somebody else needs the memory. Any thread. */
    public void forget() {
        synchronized (lock) {
            kept.limit(0);
        }
        trim();
    }

    /** Bytes of heap that its events take. Any thread. */
    public long weight() {
        synchronized (lock) {
            return kept.bytes();
        }
    }

    /** Whether all events are there. Any thread. */
    public boolean isOver() {
        synchronized (lock) {
            return ended;
        }
    }

    /** Readers now. Any thread. */
    public int readers() {
        synchronized (lock) {
            return readers.size();
        }
    }

    // ---- readers

    /**
     * The events after this number, those to come included. Each subscriber is a reader; its demand counts events.
     * Errors are {@link ApiException}, or what the writer failed of.
     *
     * @param startingAfter -1 for all
     */
    public Flux<LoggedEvent> read(long startingAfter) {
        return new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super LoggedEvent> subscriber) {
                LogReader reader = new LogReader(EventLog.this, subscriber, startingAfter + 1);
                ApiException refused = attach(reader);
                subscriber.onSubscribe(reader);
                if (refused == null) {
                    writer.attached();
                } else {
                    reader.refuse(refused);
                }
                reader.open();
            }
        };
    }

    private @Nullable ApiException attach(LogReader reader) {
        synchronized (lock) {
            if (reader.place() > next) {
                return ApiException.field(
                        "starting_after",
                        "starting_after must be the number of an event that was sent, below " + next + "; got "
                                + (reader.place() - 1));
            }
            if (readers.size() >= mostReaders) {
                return new ApiException(
                        429,
                        "rate_limit_error",
                        "This answer has " + mostReaders + " readers, as many as one may; end another one",
                        null,
                        "too_many_readers",
                        1);
            }
            readers.add(reader);
            return null;
        }
    }

    /** What a reader is to be told now: nothing, an event, its end or its failure. */
    sealed interface Step {
        record Nothing() implements Step {}

        record Next(LoggedEvent event) implements Step {}

        record Over(@Nullable Throwable cause) implements Step {}
    }

    private static final Step NOTHING = new Step.Nothing();

    Step step(LogReader reader) {
        synchronized (lock) {
            if (reader.place() < kept.first()) {
                return new Step.Over(dropped());
            }
            if (reader.place() == next) {
                return ended ? last(reader) : NOTHING;
            }
            if (!reader.take()) {
                return NOTHING;
            }
            return new Step.Next(kept.get(reader.place() - 1));
        }
    }

    /** After all events. */
    private Step last(LogReader reader) {
        LoggedEvent untold = reader.isNotified() ? null : notice;
        if (untold == null) {
            return new Step.Over(failure);
        }
        return reader.takeNotice() ? new Step.Next(untold) : NOTHING;
    }

    private ApiException dropped() {
        return new ApiException(
                410,
                "invalid_request_error",
                "Events before number " + kept.first() + " are not kept any more; ask for the ones after "
                        + (kept.first() - 1) + ", or for the whole answer",
                "starting_after",
                DROPPED,
                0);
    }

    /** More is wanted. */
    void grant(LogReader reader, long more) {
        boolean further;
        synchronized (lock) {
            reader.add(more);
            further = readers.contains(reader) && reader.wanted() > wanted;
            if (further) {
                wanted = reader.wanted();
            }
        }
        if (further) {
            writer.wanted();
        }
    }

    /** Nothing more is to be told to it. */
    void detach(LogReader reader) {
        boolean deserted;
        synchronized (lock) {
            if (!readers.remove(reader)) {
                return;
            }
            long most = 0;
            for (LogReader other : readers) {
                most = Math.max(most, other.wanted());
            }
            wanted = most;
            deserted = readers.isEmpty() && !ended;
        }
        trim();
        if (deserted) {
            writer.deserted();
        }
    }
}
