package dev.tramontane.registry;

import dev.tramontane.engine.Tenant;
import java.util.OptionalLong;

/**
 * Who waits for a model, and how long.
 *
 * @param tenant whose share of the places it takes
 * @param deadlineNanos on the registry's clock; empty for as long as the limits allow
 * @param isBounded whether the limits hold
 */
record Wait(Tenant tenant, OptionalLong deadlineNanos, boolean isBounded) {
    /** Nobody's in particular, within the limits. */
    static final Wait COMMON = new Wait(Tenant.COMMON, OptionalLong.empty(), true);

    /** As long as it takes. */
    static final Wait FOR_GOOD = new Wait(Tenant.COMMON, OptionalLong.empty(), false);
}
