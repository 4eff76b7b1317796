package dev.tramontane.api;

import dev.tramontane.keys.KeyHolder;
import dev.tramontane.keys.KeyObserver;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One answer that a caller has under way: counts what is computed for it, and gives its place back once. Any thread. */
public final class Pass implements AutoCloseable {
    /** Nobody's. */
    static final Pass FREE = new Pass(null, KeyObserver.NONE);

    private final @Nullable KeyHolder holder;
    private final KeyObserver observer;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** For what is computed for nobody, or not at all. */
    public static Pass none() {
        return FREE;
    }

    Pass(@Nullable KeyHolder holder, KeyObserver observer) {
        this.holder = holder;
        this.observer = observer;
        if (holder != null) {
            observer.streams(holder.name(), 1);
        }
    }

    /** Tokens were computed: of a prompt that was taken, or of an answer. */
    void spend(long promptTokens, long answerTokens) {
        if (holder != null) {
            holder.spend(promptTokens + answerTokens);
            observer.computed(holder.name(), promptTokens, answerTokens);
        }
    }

    /** The answer is over, however it ended. */
    @Override
    public void close() {
        if (holder != null && !ended.getAndSet(true)) {
            holder.endStream();
            observer.streams(holder.name(), -1);
        }
    }
}
