package dev.tramontane.generation;

import dev.tramontane.engine.SequenceHandle;
import java.util.ArrayList;
import java.util.List;

/** A stream's hold on its choices in the engine. Once it is cancelled, whatever the engine takes later is cancelled as well. */
final class Handles {
    private volatile List<SequenceHandle> taken = List.of();
    private volatile boolean cancelled;

    /** The engine has taken the request: a handle for each choice. The preparing thread, once. */
    void take(List<SequenceHandle> all) {
        taken = all;
        if (cancelled) {
            all.forEach(SequenceHandle::cancel);
        }
    }

    /** The engine has taken a choice again. The drain. */
    void replace(int place, SequenceHandle handle) {
        List<SequenceHandle> all = new ArrayList<>(taken);
        all.set(place, handle);
        take(List.copyOf(all));
    }

    /** Nobody wants any of them any more. Any thread. */
    void cancel() {
        cancelled = true;
        for (SequenceHandle handle : taken) {
            handle.cancel();
        }
    }

    /** Any thread. */
    boolean areCancelled() {
        return cancelled;
    }

    /** Whether the engine has taken the request. Any thread. */
    boolean areThere() {
        return !taken.isEmpty();
    }

    /** Of a choice that the engine has taken. */
    SequenceHandle of(Choice choice) {
        return taken.get(choice.place());
    }
}
