package dev.tramontane.registry;

import java.time.Duration;

/**
 * Bounds of a registry.
 *
 * @param waiting requests that may wait for models at a time, all models together
 * @param patience how long one of them waits
 * @param keepAlive how long a model stays after its last use; negative: until its room is needed
 */
public record RegistryLimits(int waiting, Duration patience, Duration keepAlive) {
    public RegistryLimits {
        if (waiting < 1 || patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("somebody must be able to wait for some time");
        }
    }
}
