package dev.tramontane.engine;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of a request from its arrival to its place in the cache. Engine thread only. */
final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final Waiting waiting;
    private final Holdings holdings;
    private final Yields yields;
    private final RunningSequences sequences;
    private final Endings endings;
    private final Deadlines deadlines;
    private final @Nullable Snapshots snapshots;
    private final EngineObserver observer;

    Admission(
            Waiting waiting,
            Holdings holdings,
            Yields yields,
            RunningSequences sequences,
            Endings endings,
            Deadlines deadlines,
            @Nullable Snapshots snapshots,
            EngineObserver observer) {
        this.waiting = waiting;
        this.holdings = holdings;
        this.yields = yields;
        this.sequences = sequences;
        this.endings = endings;
        this.deadlines = deadlines;
        this.snapshots = snapshots;
        this.observer = observer;
    }

    /** A request that has passed the door begins to wait. */
    void arrive(Request request) {
        if (!request.claim()) {
            return; // Its submitter died on the way and has taken it back.
        }
        EngineAdapter adapter = request.submission.adapter();
        if (adapter != null
                && adapter.isSpoilt()) { // It entered before that, and came through the door when it was open again.
            waiting.leaveHalfAdded(request);
            endings.end(request, FinishReason.LOST, adapter.whyNot());
            return;
        }
        try {
            if (snapshots != null && snapshots.seek(request, () -> waiting.sought(request))) {
                waiting.addSeeking(request);
            } else {
                waiting.add(request);
            }
            deadlines.add(request);
        } catch (Throwable fault) {
            LOG.error("a request could not be queued; it is ended", fault);
            waiting.leaveHalfAdded(request);
            endings.end(request, FinishReason.ERROR, EngineLoop.BROKEN);
            return;
        }
        observer.queued();
    }

    /** Admits who can be, in the line's order; who comes after one for whom there is no room waits, too. */
    void admit() {
        for (Request first = next(); first != null; first = next()) {
            try {
                if (!sequences.reserve(first)) {
                    break;
                }
                waiting.line().admitted(first);
                waiting.leave(first);
                admitted(first);
                sequences.start(first);
            } catch (Throwable fault) { // Its counts may not fit into memory any more, say; the others' do.
                LOG.error("a request could not be started; it is ended", fault);
                waiting.leave(first);
                sequences.endAll(first, FinishReason.ERROR, EngineLoop.BROKEN);
            }
        }
    }

    private static void admitted(Request request) {
        request.admitted = true;
        EngineAdapter adapter = request.submission.adapter();
        if (adapter != null) {
            adapter.admitted();
        }
    }

    /** Whom the line lets in. Where it has no room for him, those make some whom nobody attends to. */
    private @Nullable Request next() {
        yields.makeRoom();
        return waiting.line().next(holdings);
    }

    /** Whether somebody waits for whom there may be room now, though nothing was computed. */
    boolean hasMore() {
        return yields.mayMakeRoom();
    }
}
