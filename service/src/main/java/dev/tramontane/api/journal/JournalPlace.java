package dev.tramontane.api.journal;

import org.jspecify.annotations.Nullable;

/** Where the journal is once there is one: routes are open before the model is known whose answers it keeps. Any thread. */
public final class JournalPlace {
    private volatile @Nullable Journal journal;

    public void open(Journal opened) {
        journal = opened;
    }

    /** Null where there is none, or not yet. */
    public @Nullable Journal journal() {
        return journal;
    }
}
