package dev.tramontane.generation;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * How long a generation's model is to stay after it, where models come and go. It travels in the subscriber's context; where nothing is
 * said, what the operator says holds.
 *
 * @param time negative: until its room is needed
 */
public record KeepAlive(Duration time) {

    /** A subscriber's context that says it. */
    public Context in(Context context) {
        return context.put(KeepAlive.class, this);
    }

    /** What was said, if anything was. */
    public static @Nullable KeepAlive of(ContextView context) {
        return context.getOrDefault(KeepAlive.class, null);
    }
}
