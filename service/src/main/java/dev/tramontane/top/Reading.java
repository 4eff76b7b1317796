package dev.tramontane.top;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server said of itself at one time.
 *
 * @param nanos of a monotonic clock
 * @param models as {@code /v1/models} has them, in its order
 * @param metrics null where they are not told at this address
 */
public record Reading(
        long nanos, List<Served> models, @Nullable Metrics metrics) {
    /**
     * A model.
     *
     * @param facts of {@code /v1/models}
     * @param capacity of {@code /capacity}; empty where there is none yet
     */
    record Served(Map<String, @Nullable Object> facts, Map<String, @Nullable Object> capacity) {
        /** Of a model that comes and goes: unloaded, loading or loaded; empty of others. */
        static String status(Map<String, @Nullable Object> facts) {
            return facts.get("status") instanceof Map<?, ?> status && status.get("value") instanceof String value
                    ? value
                    : "";
        }

        String id() {
            return facts.get("id") instanceof String id ? id : "?";
        }
    }

    public Reading {
        models = List.copyOf(models);
    }
}
