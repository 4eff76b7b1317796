package dev.tramontane.generation;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Whether anybody is there to read a generation whose subscriber keeps it for readers who come and go. While nobody is, its
 * answers may have to give their places in the engine up to requests that wait; they go on, with the tokens that would have
 * followed, when somebody reads again and wants more. It travels in the subscriber's context; a generation without one is
 * always read. Set on one thread at a time, looked at on any.
 */
public final class Presence {
    private volatile boolean there = true;
    private volatile @Nullable Runnable heeding;

    /** Somebody has come, or the last has left. Neither blocks nor calls back the caller. */
    public void set(boolean somebody) {
        if (there != somebody) {
            there = somebody;
            Runnable now = heeding;
            if (now != null) {
                now.run();
            }
        }
    }

    public boolean isThere() {
        return there;
    }

    /** A subscriber's context that tells the generation. */
    public Context inContext() {
        return Context.of(Presence.class, this);
    }

    static @Nullable Presence of(ContextView context) {
        return context.getOrDefault(Presence.class, null);
    }

    /** @param change is called after each change from now on, on the thread that sets it */
    void heed(Runnable change) {
        heeding = change;
    }

    /** Whether a generation is told of changes. */
    boolean isHeeded() {
        return heeding != null;
    }

    /** The generation is over: who keeps what came of it does not keep the generation. */
    void forget() {
        heeding = null;
    }
}
