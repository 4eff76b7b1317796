package dev.tramontane.registry;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What a model takes while it is loaded, in bytes: weights, cache and workspace.
 *
 * @param own this process' own memory
 * @param files files that are mapped, which the system may drop and read again
 * @param devices memory of each device that computes it, by what the device is called for good
 */
public record Footprint(long own, long files, Map<String, Long> devices) {
    public static final Footprint NONE = new Footprint(0, 0, Map.of());

    public Footprint {
        devices = Map.copyOf(devices);
        if (own < 0 || files < 0 || devices.values().stream().anyMatch(bytes -> bytes < 0)) {
            throw new IllegalArgumentException("a model takes no less than nothing");
        }
    }

    public Footprint plus(Footprint other) {
        Map<String, Long> both = new HashMap<>(devices);
        other.devices.forEach((device, bytes) -> both.merge(device, bytes, Long::sum));
        return new Footprint(own + other.own, files + other.files, both);
    }

    /** All of them together. */
    public static Footprint sum(Collection<Footprint> all) {
        return all.stream().reduce(NONE, Footprint::plus);
    }

    /** What it takes of one device. */
    public long of(String device) {
        return devices.getOrDefault(device, 0L);
    }

    /** What it takes of all devices. */
    public long onDevices() {
        return devices.values().stream().mapToLong(Long::longValue).sum();
    }

    /** All that it takes, wherever that is. */
    public long everything() {
        return own + files + onDevices();
    }
}
