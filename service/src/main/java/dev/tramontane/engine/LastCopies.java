package dev.tramontane.engine;

import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.ModelException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of pages that are still to be taken when the engine is closed. */
final class LastCopies {
    private static final Logger LOG = LoggerFactory.getLogger(LastCopies.class);

    /** How long a store may take for them, and how often it is asked for room. */
    private static final long LIMIT_NANOS = 3_000_000_000L;

    private static final long ROOM_NANOS = 1_000_000;

    private LastCopies() {}

    /** What the turns that ended last have left, as far as the store takes it in time. Engine thread. */
    static void take(Snapshots rest, Heartbeat heartbeat) {
        long begun = System.nanoTime();
        try {
            while (rest.hasMore() && System.nanoTime() - begun < LIMIT_NANOS) {
                heartbeat.beat();
                if (!rest.step()) {
                    LockSupport.parkNanos(ROOM_NANOS);
                }
            }
        } catch (ModelException gone) {
            LOG.warn("the last turns' pages could not be read: they are not kept", gone);
        }
    }
}
