package dev.tramontane.app;

import dev.tramontane.kernels.Device;
import dev.tramontane.load.StageEstimate;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model needs of one device.
 *
 * @param room what can be had
 * @param needed bytes
 * @param cache bytes of them that hold keys and values
 */
record DeviceShare(DeviceRoom room, long needed, long cache) {

    /**
     * Of every device that was chosen.
     *
     * @param parts as {@link MemorySum#parts} has them
     */
    static List<DeviceShare> of(Sizing sizing, List<StageEstimate> parts, MemorySum sum, Configuration configuration) {
        List<DeviceRoom> rooms = DeviceRoom.of(configuration.compute());
        if (parts.isEmpty()) {
            return rooms.stream()
                    .map(room -> new DeviceShare(
                            room, sum.deviceBytes(), sizing.plan().bytes()))
                    .toList();
        }
        List<Device> on = configuration.compute().on();
        long all = parts.stream().mapToLong(StageEstimate::own).sum();
        List<DeviceShare> shares = new ArrayList<>();
        for (DeviceRoom room : rooms) {
            long needed = 0;
            long cache = 0;
            for (int i = 0; i < parts.size(); i++) {
                Device device = on.get(Math.min(i, on.size() - 1)); // the head is where the last layers are
                if (device.equals(room.device())) {
                    needed += parts.get(i).own();
                    cache += parts.get(i).step().cache();
                }
            }
            // A draft model is beside the head.
            long others = on.getLast().equals(room.device()) ? sum.deviceBytes() - all : 0;
            shares.add(new DeviceShare(room, needed + others, cache));
        }
        return shares;
    }

    /** Bytes that are lacking; at most 0 when there is enough. */
    long missing() {
        return needed - room.bytes();
    }

    /**
     * Bytes that the whole cache has to be smaller by, so that this device's part of it fits.
     *
     * @param whole bytes of the cache
     */
    long excess(long whole) {
        return missing() <= 0 || cache == 0 ? missing() : (long) Math.ceil(missing() * ((double) whole / cache));
    }
}
