package dev.tramontane.registry;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model that is listed, or was, and how it stands. Guarded by the registry's lock. */
final class Slot {
    enum State {
        ABSENT,
        LOADING,
        LOADED,
        UNLOADING
    }

    final ListedModel model;
    final Set<Waiter> waiters = new LinkedHashSet<>();
    State state = State.ABSENT;

    @Nullable
    Resident resident;

    /** Once it is not, it leaves as soon as nothing runs on it. */
    boolean listed = true;

    /** Another one needs its room: what runs ends, and nothing new begins. */
    boolean leaving;

    /** What runs. */
    int leases;

    /** When it was entered or left last, or loaded. */
    long usedNanos;

    /** How long it stays after that; negative for until its room is needed. */
    long keepNanos;

    int percent;

    /** What its last loading took; 0 before the first. */
    long loadNanos;

    Slot(ListedModel model) {
        this.model = model;
    }

    boolean isOpen() {
        return state == State.LOADED && listed && !leaving;
    }

    boolean isIdle() {
        return state == State.LOADED && leases == 0;
    }

    /** Nanoseconds until it may go; at most 0 when it may now, the largest when it need not. */
    long leftNanos(long now) {
        if (!isIdle()) {
            return Long.MAX_VALUE;
        }
        if (!listed) {
            return 0;
        }
        if (!waiters.isEmpty() || keepNanos < 0) {
            return Long.MAX_VALUE;
        }
        return keepNanos - (now - usedNanos);
    }
}
