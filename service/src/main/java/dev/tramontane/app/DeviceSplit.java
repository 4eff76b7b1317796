package dev.tramontane.app;

import dev.tramontane.app.MemorySum.Item;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.Chain;
import dev.tramontane.load.StageEstimate;
import dev.tramontane.model.LayerRange;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model's layers over several devices, by the memory that each has left beside what only it has: the first the embedding, the
 * last the head, and a draft model if there is one. A device may be named more than once; it is then several stages that share its memory.
 *
 * @param devices in the order of their layers
 * @param layers of each
 */
record DeviceSplit(List<Device> devices, List<LayerRange> layers) {

    /**
     * Divides.
     *
     * @param configuration that names devices
     * @throws UsageException when there are more devices than layers
     */
    static DeviceSplit of(KernelLibrary library, ModelPlan plan, Configuration configuration) {
        List<Device> devices = configuration.compute().on();
        int layers = plan.geometry().layers();
        if (devices.size() > layers) {
            throw new UsageException(
                    "--device " + configuration.compute().device().orElseThrow() + " names " + devices.size()
                            + " devices, and the model has " + layers + " layers to divide among them");
        }
        List<LayerRange> each = LayerRange.ofSizes(Collections.nCopies(layers, 1));
        List<Long> weights = StageEstimate.weights(
                library,
                plan,
                each,
                Models.backend(configuration),
                configuration.model().quantize());
        long[] room = new long[devices.size()];
        for (int i = 0; i < room.length; i++) {
            Device device = devices.get(i);
            room[i] = new DeviceRoom(device, configuration.compute().gpuMemory()).bytes()
                    / Collections.frequency(devices, device);
        }
        // The embedding is in the first layer's sum, so a layer without it is the second; of one layer there is nothing
        // to divide.
        long ofLayer = layers > 1 ? weights.get(1) : weights.get(0);
        room[0] -= weights.get(0) - ofLayer;
        room[room.length - 1] -= weights.getLast() + ofDraft(library, plan, configuration, weights);
        return new DeviceSplit(devices, LayerRange.ofSizes(apportion(layers, room)));
    }

    /**
     * What a draft model takes, which is beside the head: its weights, and a cache that goes with the largest that the devices
     * have room for beside all weights, or that was asked for. By what was chosen and found alone, so that whoever divides has
     * the same.
     */
    private static long ofDraft(
            KernelLibrary library, ModelPlan plan, Configuration configuration, List<Long> weights) {
        long own = Drafts.weights(library, configuration);
        if (own == 0) {
            return 0;
        }
        long left = DeviceRoom.of(configuration.compute()).stream()
                        .mapToLong(DeviceRoom::bytes)
                        .sum()
                - weights.stream().mapToLong(Long::longValue).sum()
                - own;
        return Sizing.withinDevice(plan.geometry(), configuration, left)
                .map(sizing -> Drafts.items(library, sizing, configuration, 1).stream()
                        .filter(item -> item.place() != Place.FILE)
                        .mapToLong(Item::bytes)
                        .sum())
                .orElse(own);
    }

    /** So many things by shares: each gets one, and the next goes to whom it burdens least. */
    static List<Integer> apportion(int things, long[] shares) {
        List<Integer> sizes = new ArrayList<>(Collections.nCopies(shares.length, 1));
        for (int left = things - shares.length; left > 0; left--) {
            int least = 0;
            for (int i = 1; i < shares.length; i++) {
                if (burden(sizes.get(i), shares[i]) < burden(sizes.get(least), shares[least])) {
                    least = i;
                }
            }
            sizes.set(least, sizes.get(least) + 1);
        }
        return sizes;
    }

    private static double burden(int things, long share) {
        return (things + 1) / (double) Math.max(1, share);
    }

    /** How a model is loaded that is to be on several devices; empty for one, or none. */
    static Optional<Chain> chain(KernelLibrary library, ModelSource source, Configuration configuration) {
        if (configuration.compute().on().size() < 2) {
            return Optional.empty();
        }
        DeviceSplit split = of(library, source.plan(configuration.model().window()), configuration);
        return Optional.of(Chain.here(IntStream.range(0, split.devices.size())
                .mapToObj(i -> new Chain.Local(
                        split.layers.get(i), split.devices.get(i).index()))
                .toList()));
    }

    /** How a model is divided, for people; empty where it is on one device, or none. */
    static Optional<String> text(KernelLibrary library, ModelPlan plan, Configuration configuration) {
        return configuration.compute().on().size() < 2
                ? Optional.empty()
                : Optional.of(of(library, plan, configuration).text());
    }

    /** "layers 0 to 20 on GPU 0, NVIDIA L4, 24.0 GiB; layers 21 to 31 and the head on GPU 1, ...". */
    String text() {
        return IntStream.range(0, devices.size())
                .mapToObj(i -> layers.get(i) + (i == devices.size() - 1 ? " and the head" : "") + " on "
                        + Devices.name(devices.get(i)))
                .collect(Collectors.joining("; "));
    }
}
