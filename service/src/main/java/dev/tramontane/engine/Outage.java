package dev.tramontane.engine;

import dev.tramontane.model.Model;
import dev.tramontane.model.StageLostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which a part of the model is out of reach. What ran is ended by one clear error, what comes is refused until the model
 * is whole again; then the engine begins anew, with nothing computed and the adapters it had. Engine thread; the reason, any.
 */
final class Outage {
    private static final Logger LOG = LoggerFactory.getLogger(Outage.class);

    /** How often the model is asked whether it is whole. */
    static final long LOOK_NANOS = 50_000_000;

    private final Model model;
    private final Intake intake;
    private final Endings endings;
    private final KvCache cache;
    private final Adapters adapters;
    private final @Nullable Snapshots snapshots;

    private volatile @Nullable String reason;

    Outage(
            Model model,
            Intake intake,
            Endings endings,
            KvCache cache,
            Adapters adapters,
            @Nullable Snapshots snapshots) {
        this.model = model;
        this.intake = intake;
        this.endings = endings;
        this.cache = cache;
        this.adapters = adapters;
        this.snapshots = snapshots;
    }

    /** Why nothing can be computed for now, fit for clients; null where it can. Any thread. */
    @Nullable
    String reason() {
        return reason;
    }

    /** The part is lost, also when one was lost before. */
    void begin(StageLostException lost) {
        String why = lost.told();
        String before = reason;
        reason = why;
        adapters.suspend(why);
        if (snapshots != null) {
            snapshots.suspend();
        }
        intake.door().suspend(why, Engine.LOST_RETRY_SECONDS);
        if (before == null) {
            LOG.error("{}; what runs is ended, and nothing is taken until it is back", lost.getMessage());
            LOG.debug("the loss", lost);
        } else {
            LOG.warn("still not whole: {}", lost.getMessage());
        }
        endings.endEverything(FinishReason.LOST, why);
        cache.forget();
    }

    /** Who came in before the door was closed. */
    void turnAway() {
        endings.endWaiting(FinishReason.LOST, String.valueOf(reason));
    }

    /**
     * Whether it is over: everything begins anew.
     *
     * @throws StageLostException when it goes on for another reason
     */
    boolean isOver() {
        if (!model.recover()) {
            return false;
        }
        adapters.resume();
        if (snapshots != null) {
            snapshots.resume();
        }
        reason = null;
        intake.door().resume();
        LOG.info("the model is whole again: requests are taken, nothing is cached");
        return true;
    }
}
