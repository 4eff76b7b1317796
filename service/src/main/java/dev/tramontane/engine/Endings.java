package dev.tramontane.engine;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what is over for other reasons than its last token: cancelled, late, or because nothing goes on. Engine thread only. */
final class Endings {
    private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

    private final Waiting waiting;
    private final Admitted admitted;
    private final RunningSequences sequences;
    private final Deadlines deadlines;
    private final Intake intake;

    Endings(Waiting waiting, Admitted admitted, RunningSequences sequences, Deadlines deadlines, Intake intake) {
        this.waiting = waiting;
        this.admitted = admitted;
        this.sequences = sequences;
        this.deadlines = deadlines;
        this.intake = intake;
    }

    /** Nobody wants this choice any more. */
    void cancel(Sequence sequence) {
        sequences.end(sequence, FinishReason.CANCELLED, -1, "");
        if (sequence.request.live == 0) {
            waiting.leave(sequence.request);
        }
        waiting.line().changed();
    }

    /** Whoever has not got his answer by his deadline gets no more of it. */
    void expire(long now) {
        for (Request late = deadlines.passed(now); late != null; late = deadlines.passed(now)) {
            waiting.leave(late);
            end(late, FinishReason.DEADLINE, "");
        }
    }

    /** Tells everybody, even when the books are so wrong that giving back what they hold fails. */
    void endEverything(FinishReason reason, String error) {
        for (Sequence sequence : admitted.all()) {
            end(sequence.request, reason, error);
        }
        endWaiting(reason, error);
    }

    /** The same for those who have no place. */
    void endWaiting(FinishReason reason, String error) {
        for (Request request : waiting.all()) {
            intake.door().leave(request);
            end(request, reason, error);
        }
        waiting.clear();
    }

    /** All choices that live, each whatever becomes of the others. */
    void end(Request request, FinishReason reason, String error) {
        for (Sequence sequence : request.choices) {
            end(sequence, reason, error);
        }
    }

    /** This one, even when what it held can't be given back. */
    void end(Sequence sequence, FinishReason reason, String error) {
        try {
            sequences.end(sequence, reason, -1, error);
        } catch (Throwable fault) {
            LOG.error("a sequence was ended, but what it held could not be given back", fault);
        }
    }
}
