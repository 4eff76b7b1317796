package dev.tramontane.registry;

import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.Asker;
import java.util.OptionalLong;
import reactor.util.context.ContextView;

/**
 * Who waits for a model, and how long.
 *
 * @param tenant whose share of the places it takes
 * @param deadlineNanos on the registry's clock; empty for as long as the limits allow
 * @param isBounded whether the limits hold
 */
record Wait(Tenant tenant, OptionalLong deadlineNanos, boolean isBounded) {
    /** Within the limits, of whom the subscriber's context names. */
    static Wait of(ContextView context) {
        return new Wait(Asker.of(context), OptionalLong.empty(), true);
    }

    /** As long as it takes. */
    static final Wait FOR_GOOD = new Wait(Tenant.COMMON, OptionalLong.empty(), false);
}
