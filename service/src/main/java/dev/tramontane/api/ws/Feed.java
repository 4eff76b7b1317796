package dev.tramontane.api.ws;

import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.responses.RecordedResponse;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/**
 * One answer's events on their way to one socket. It asks its log for as many as the socket takes and the client has
 * credits for, and a few more; so demand reaches the engine. Event loop of the socket only, but for what the log calls.
 */
final class Feed extends BaseSubscriber<LoggedEvent> {
    /** Events asked for ahead of the socket. */
    private static final int AHEAD = 4;

    /** Credits of a client that has not spoken of any: the socket's room is the limit. */
    static final long NO_LIMIT = Long.MAX_VALUE;

    private final Context context;
    private final RecordedResponse response;
    private final String lane;
    private final Turns turns;
    private final Listener listener;
    private final Queue<LoggedEvent> queue = new ConcurrentLinkedQueue<>();

    /** Written by the log before it wakes the event loop. */
    private volatile boolean over;

    private volatile @Nullable Throwable failure;

    private long asked;
    private long sent;
    private long credits;
    private boolean told;

    /** True while it stands in line for a turn. */
    boolean inLine;

    /** What becomes of it. On the socket's event loop. */
    interface Listener {
        /**
         * All events have been sent, and the feed is over.
         *
         * @param failure why there are no more, where it is not the answer's end
         */
        void over(@Nullable Throwable failure);
    }

    /**
     * @param context of the socket
     * @param lane that its events name
     * @param credits events that the client asks for to begin with, or {@link #NO_LIMIT}
     */
    Feed(Context context, RecordedResponse response, String lane, long credits, Turns turns, Listener listener) {
        this.context = context;
        this.response = response;
        this.lane = lane;
        this.credits = credits;
        this.turns = turns;
        this.listener = listener;
    }

    RecordedResponse response() {
        return response;
    }

    /** So many more events than asked for until now; where none were, no more than these and the ones sent. */
    void demand(long events) {
        long before = credits == NO_LIMIT ? sent : credits;
        credits = events >= NO_LIMIT - before ? NO_LIMIT - 1 : before + events;
        ask();
        turns.ready(this);
    }

    /** The next event as the client gets it, or null when there is none to be sent now. */
    @Nullable
    String next() {
        LoggedEvent event = sent < credits ? queue.poll() : null;
        if (event == null) {
            return null;
        }
        sent++;
        ask();
        return StreamId.mark(lane, event.json());
    }

    boolean hasNext() {
        return sent < credits && !queue.isEmpty();
    }

    /** Tells of the end, once, when everything before it has been sent. */
    void tellEnd() {
        if (over && queue.isEmpty() && !told) {
            told = true;
            listener.over(failure);
        }
    }

    /** The socket is gone, or wants no more of it. */
    void close() {
        told = true;
        cancel();
        queue.clear();
    }

    private void ask() {
        long more = Math.min(sent + AHEAD, credits) - asked;
        if (more > 0 && !over) {
            asked += more;
            request(more);
        }
    }

    // ---- the log

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        asked = Math.min(AHEAD, credits);
        subscription.request(asked);
    }

    @Override
    protected void hookOnNext(LoggedEvent event) {
        queue.add(event);
        wake();
    }

    @Override
    protected void hookOnComplete() {
        over = true;
        wakeLater();
    }

    @Override
    protected void hookOnError(Throwable cause) {
        failure = cause;
        over = true;
        wakeLater();
    }

    /** The answer may be written on another socket's event loop. */
    private void wake() {
        if (context.equals(Vertx.currentContext())) {
            turns.ready(this);
        } else {
            wakeLater();
        }
    }

    /** Not while the answer that ends is still about it. */
    private void wakeLater() {
        context.runOnContext(ignored -> turns.ready(this));
    }
}
