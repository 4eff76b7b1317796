package dev.tramontane.registry;

import java.util.Collection;

/**
 * What a model takes while it is loaded, in bytes: weights, cache and workspace.
 *
 * @param own this process' own memory
 * @param files files that are mapped, which the system may drop and read again
 * @param device a device's memory
 */
public record Footprint(long own, long files, long device) {
    public static final Footprint NONE = new Footprint(0, 0, 0);

    public Footprint {
        if (own < 0 || files < 0 || device < 0) {
            throw new IllegalArgumentException("a model takes no less than nothing");
        }
    }

    public Footprint plus(Footprint other) {
        return new Footprint(own + other.own, files + other.files, device + other.device);
    }

    /** All of them together. */
    public static Footprint sum(Collection<Footprint> all) {
        return all.stream().reduce(NONE, Footprint::plus);
    }
}
