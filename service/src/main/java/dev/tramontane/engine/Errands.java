package dev.tramontane.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what other threads ask of the engine's, between steps. Engine thread. */
final class Errands {
    private static final Logger LOG = LoggerFactory.getLogger(Errands.class);

    private final Intake intake;
    private final Admission admission;
    private final Admitted admitted;
    private final Waiting waiting;
    private final Endings endings;
    private final Delivery delivery;
    private final Outage outage;

    Errands(
            Intake intake,
            Admission admission,
            Admitted admitted,
            Waiting waiting,
            Endings endings,
            Delivery delivery,
            Outage outage) {
        this.intake = intake;
        this.admission = admission;
        this.admitted = admitted;
        this.waiting = waiting;
        this.endings = endings;
        this.delivery = delivery;
        this.outage = outage;
    }

    /** @param failed where the model, or the engine, can't go on: why, which whoever comes is told; null else */
    void carryOut(@Nullable String failed) {
        for (Intake.Command command = intake.poll(); command != null; command = intake.poll()) {
            switch (command) {
                case Intake.Submit(Request request) -> arrive(request, failed);
                case Intake.Wake(Sequence sequence) -> admitted.wake(sequence);
                case Intake.Attend(Request request) -> admitted.absent().review(request);
                case Intake.Cancel(Sequence sequence) -> endings.cancel(sequence);
                case Intake.Told(Runnable what) -> {
                    delivery.release(); // It may take its time.
                    what.run();
                }
            }
        }
        if (intake.hasUnheard()) {
            List<Request> present = waiting.all();
            admitted.all().forEach(sequence -> present.add(sequence.request));
            admitted.wakeAll();
            present.forEach(admitted.absent()::review);
            present.forEach(request ->
                    request.choices.stream().filter(Sequence::cancelled).forEach(endings::cancel));
        }
    }

    /** The last time. Whatever a command meets, as the loss of a part of the model: the others are carried out. */
    void carryOutTheLast(@Nullable String failed) {
        boolean done = false;
        while (!done) {
            try {
                carryOut(failed);
                done = true;
            } catch (Throwable fault) { // It has left the queue.
                LOG.warn("something could not be done any more before the engine ended", fault);
            }
        }
    }

    private void arrive(Request request, @Nullable String failed) {
        admission.arrive(request);
        if (failed != null) {
            endings.endWaiting(FinishReason.ERROR, failed);
        } else if (outage.reason() != null) {
            outage.turnAway();
        }
    }
}
