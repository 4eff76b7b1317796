package dev.tramontane.generation;

import dev.tramontane.engine.Tenant;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Whose share of what is waited for a piece of work takes that is no generation, which says it itself. It travels in the subscriber's
 * context.
 */
public final class Asker {
    private Asker() {}

    /** A subscriber's context that says it. */
    public static Context in(Context context, Tenant tenant) {
        return context.put(Tenant.class, tenant);
    }

    /** Who asks; {@link Tenant#COMMON} where nothing was said. */
    public static Tenant of(ContextView context) {
        return context.<Tenant>getOrEmpty(Tenant.class).orElse(Tenant.COMMON);
    }
}
